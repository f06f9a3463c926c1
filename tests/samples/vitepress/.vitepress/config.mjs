export default {
  title: 'Layers',
  head: [['script', { type: 'module', src: 'LOADER' }]],
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === 'layer-glass' } } },
};
