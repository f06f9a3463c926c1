// Shelves and graph: what the container engine of the machine holds, at every step.
import { expect, test } from '../lib/test.mjs';
import { newest, pane, ready, type } from '../lib/lab.mjs';

const card = (page, name) => page.locator('.card', { hasText: name });

/** Runs lines in the terminal and comes back to the stage. */
async function lines(page, ...all) {
  await pane(page, 'terminal');
  for (const line of all) await type(page, line);
  await pane(page, 'stage');
}

test('shelves fill as commands run, and their buttons type commands @narrow', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&view=images&speed=0');
  await ready(page);
  await pane(page, 'stage');
  await page.getByRole('button', { name: 'Pull an image' }).click();
  await expect(card(page, 'nginx:1.21.1')).toContainText('133 MB');
  await expect(card(page, 'nginx:1.21.1')).toContainText('nothing shared');
  await axe();
  await lines(page, 'docker pull -q nginx:1.21.0');
  await expect(card(page, 'nginx:1.21.1')).toContainText('69.3 MB shared');
  await expect(page.locator('.shelf-lists > .note')).toHaveText('197 MB on disk; sharing layers saves 69.3 MB');
  await card(page, 'nginx:1.21.0').click();
  const detail = page.locator('#shelf-detail');
  await expect(detail.locator('.sheet-row')).toHaveCount(6);
  await expect(detail.locator('.sheet-row.shared')).toHaveCount(1);
  await expect(detail.locator('.no-layer')).toHaveCount(9);
  await expect(detail).toContainText('Removing it frees 63.9 MB (5 layers).');
  // Run it: the terminal shows what the button means.
  await detail.getByRole('button', { name: 'Run it' }).click();
  await ready(page);
  await expect(newest(page)).toContainText('docker run -d nginx:1.21.0');
  await expect(detail).toContainText('In use by');
  const container = page.locator('.card.role-upper');
  await container.click();
  await expect(detail.locator('.sheet-row')).toHaveCount(8);
  await expect(detail.locator('.sheet-row').first()).toContainText('Writable layer');
  await axe();
  // From the writable layer into its files.
  await detail.locator('.sheet-row button').first().click();
  await expect(page.locator('.files-root code')).toHaveText(/^\/var\/lib\/docker\/overlay2\/[0-9a-f]{64}\/diff$/);
  await page.getByRole('button', { name: 'Back to /data/myworkdir/fs' }).click();
  await expect(page.locator('.files-root code')).toHaveText('/data/myworkdir/fs');
  // A step back it never ran.
  await page.locator('#scene-Shelves').click();
  await page.locator('.transport .icon').nth(1).click();
  await expect(page.locator('.card.role-upper')).toHaveCount(0);
  await expect(card(page, 'nginx:1.21.0')).toBeVisible();
});

test('the shelf of builds tells each step, why it ran, and the layer it made @narrow', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&view=images&speed=0');
  await ready(page);
  await lines(
    page,
    "mkdir -p /site; cd /site; echo 1 > page; printf 'FROM busybox\\nCOPY page /www/page\\nRUN echo hi > /log\\n' > Dockerfile",
    'docker build -q -t site:1 .; echo 2 > page; docker build -q -t site:2 .; docker build -q -t site:3 .',
    "printf 'FROM busybox\\nRUN false\\n' > Dockerfile; docker build -q -t site:4 .",
  );
  const builds = page.locator('.shelf', { hasText: 'Builds' }).locator('.card');
  await expect(builds).toHaveCount(4);
  await expect(builds.nth(0)).toContainText('failed');
  await expect(builds.nth(1)).toContainText('2 cached, 0 run');
  await expect(builds.nth(2)).toContainText('0 cached, 2 run');
  await builds.nth(2).click();
  const steps = page.locator('.build-steps > li');
  await expect(steps).toHaveCount(2);
  await expect(steps.nth(0)).toContainText('[2/3] COPY page /www/page');
  await expect(steps.nth(0)).toContainText('Not cached: page: its contents have changed.');
  await expect(steps.nth(1)).toContainText('a step before it was built anew');
  await axe();
  await builds.nth(0).click();
  await expect(page.locator('#shelf-detail')).toContainText('exit code: 1');
  // From a step to its layer, and to who has it.
  await builds.nth(1).click();
  await expect(page.locator('.build-steps > li.hit')).toHaveCount(2);
  await steps.nth(0).getByRole('button').click();
  await expect(page.locator('#shelf-detail')).toContainText('COPY page /www/page');
  await expect(page.locator('#shelf-detail .users')).toContainText('site:2');
  // A step back the last two lines were never typed.
  await page.locator('.transport .icon').nth(1).click();
  await page.locator('.transport .icon').nth(1).click();
  await expect(builds).toHaveCount(0);
});

test('the graph shows what is shared and what goes, by keyboard and as a table @narrow', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&view=graph&speed=0&lang=zh-CN&theme=dark');
  await ready(page);
  await lines(
    page, 'docker pull -q nginx:1.21.1; docker pull -q nginx:1.21.0; docker pull -q busybox',
    'docker run -d --name web nginx:1.21.1', 'docker run --name bb busybox true',
  );
  const node = (name) => page.locator('.graph .node', { hasText: name });
  await expect(page.locator('.graph .node')).toHaveCount(17);
  await expect(page.locator('.graph .node.shared')).toHaveCount(1);
  await node('nginx:1.21.0').click();
  await expect(page.locator('.graph .node.goes')).toHaveCount(5);
  await expect(page.locator('.graph-picked')).toContainText('63.9 MB');
  await axe();
  // The arrow leads to its top layer; Enter picks it.
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page.locator('.graph .node.picked.role-lower')).toHaveCount(1);
  await page.getByRole('button', { name: '以表格显示' }).click();
  await expect(page.locator('.graph-pane tbody tr')).toHaveCount(12 + 3);
  await axe();
});
