export default {
  title: 'Layers',
  base: '/any/sub/path/',
  head: [['script', { type: 'module', src: 'LOADER' }]],
  // Without the second one Vue joins the lines of the commands.
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === 'layer-glass', whitespace: 'preserve' } } },
};
