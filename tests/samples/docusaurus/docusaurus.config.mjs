export default {
  title: 'Layers',
  url: 'https://example.com',
  baseUrl: '/any/sub/path/',
  onBrokenLinks: 'throw',
  // The one-time setup.
  scripts: [{ src: 'LOADER', type: 'module' }],
  presets: [['classic', { docs: { routeBasePath: '/' }, blog: false, theme: {} }]],
  themeConfig: { colorMode: { respectPrefersColorScheme: true } },
};
