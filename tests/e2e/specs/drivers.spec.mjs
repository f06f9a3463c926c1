// Storage drivers side by side: the same script on several, with pictures and costs.
import { expect, test } from '../lib/test.mjs';
import { newest, pane, ready } from '../lib/lab.mjs';

/** A script that needs no time: a file of the image is written, then removed. */
const SHORT = [
  'docker pull -q lab/drivers:64m',
  'docker run -d --name one lab/drivers:64m sleep 9999 > /dev/null',
  "docker exec one sh -c 'printf x >> /data/big'",
  'docker exec one rm /data/big',
  "docker info -f '{{.Driver}}'",
].join('\n');

async function open(page, lab, more) {
  await lab.open(`#lab=lab&view=drivers&speed=0${more}`);
  await ready(page);
  await pane(page, 'stage');
  await expect(page.locator('.rivals')).toBeVisible();
}

/** Runs the short script on overlay2 and vfs, which are chosen at first. */
async function run(page) {
  await page.locator('.rivals-text summary').click();
  await page.locator('.rivals-text textarea').fill(SHORT);
  await page.locator('.rivals-text summary').click();
  await page.locator('#rivals-run').click();
  await expect(page.locator('.rivals-steps li')).toHaveCount(5);
  await expect(page.locator('#rivals-run')).toBeVisible();
}

const bars = (page, measure) => page.locator('.rivals-chart figure').nth(measure).locator('.value');

test('one byte costs a union the whole file, and vfs a container @narrow', async ({ page, lab, axe }) => {
  await open(page, lab, '&lang=en');
  await run(page);
  // The last step differs, as it should.
  await expect(page.locator('.rivals-output .differs')).toContainText('differs, first on line 1');
  await expect(page.locator('.rivals-output dd')).toHaveText(['overlay2', 'vfs']);
  await page.locator('.rivals-steps button').nth(2).click();
  await expect(page.locator('.rivals-now')).toContainText('Step 3 of 5');
  await expect(bars(page, 0)).toHaveText(['67.1 MB', '0 B']);
  await expect(page.locator('.rivals-output .same')).toContainText('All are silent');
  await axe();
  // A step back by the keyboard: the container.
  await page.locator('.rivals-transport input').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('.rivals-now')).toContainText('Step 2 of 5');
  await expect(bars(page, 1).nth(1)).toHaveText('138 MB');
  const lanes = page.locator('.rivals-lane');
  await expect(lanes).toHaveCount(2);
  await expect(lanes.nth(1).locator('.rivals-sheets .role-upper small').first()).toContainText('68.9 MB');
  // The whiteout is in the picture.
  await page.locator('.rivals-steps button').nth(3).click();
  await expect(lanes.first().locator('.marks')).toHaveText('⊘ 1 whiteout');
  await page.getByRole('button', { name: 'As a table' }).click();
  await expect(page.locator('.rivals-ledger tbody tr')).toHaveCount(2);
  await axe();
});

test('the machine of the lab changes its driver, and undo takes that back @narrow', async ({ page, lab, axe }) => {
  await open(page, lab, '&lang=zh-CN&theme=dark');
  await page.locator('#rivals-switch').selectOption('vfs');
  await expect(page.locator('.rivals-ask')).toContainText('Docker 将以 vfs 重新开始');
  await axe();
  await page.getByRole('button', { name: '用它重新开始' }).click();
  await pane(page, 'terminal');
  await ready(page);
  await expect(newest(page)).toContainText('vfs');
  await pane(page, 'stage');
  await run(page);
  await page.locator('.rivals-steps button').nth(2).click();
  await expect(page.locator('.rivals-now')).toContainText('第 3 步，共 5 步');
  await expect(bars(page, 0)).toHaveText(['67.1 MB', '0 B']);
});

test('a script that never ends can be stopped', async ({ page, lab }) => {
  await open(page, lab, '&lang=en');
  await page.locator('.rivals-text summary').click();
  await page.locator('.rivals-text textarea').fill('echo one\nwhile true; do :; done');
  await page.locator('#rivals-run').click();
  await expect(page.locator('.rivals-steps li')).toHaveCount(1);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.locator('.rivals-state')).toHaveText('Stopped before the end.');
});
