// Somebody else's site: pages of another origin than the one that Layerglass lies on.
import { createServer } from 'node:http';

/** Serves pages `{ '/name': html or { html, headers } }`; `{ url, close }`. */
export async function host(pages) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const page = pages[pathname];
    if (page === undefined) {
      response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
      return;
    }
    const { html, headers = {}, type = 'text/html; charset=utf-8' } = typeof page === 'string' ? { html: page } : page;
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

/** The address of the loader. */
export const loader = () => `${process.env.LAYERGLASS_URL}layer-glass.js`;

/** The origin that the loader lies on. */
export const origin = () => new URL(process.env.LAYERGLASS_URL).origin;

/** A page with the loader and this body. */
export const page = (body, { lang = 'en', head = '' } = {}) =>
  `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Host</title>${head}
<link rel="icon" href="data:,"><script type="module" src="${loader()}"></script><main><h1>Host</h1>${body}</main></html>`;

/** The strictest policy that the README promises to work under. */
export const strict = () => ({
  'content-security-policy':
    `default-src 'none'; script-src ${origin()} 'wasm-unsafe-eval'; require-trusted-types-for 'script'; trusted-types 'none'`,
});
