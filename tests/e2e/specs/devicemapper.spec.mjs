// Device Mapper on the page: the machine goes over to it, and Docker on a pool that somebody made (direct-lvm).
import { expect, test } from '../lib/test.mjs';
import { newest, pane, ready, type } from '../lib/lab.mjs';

async function open(page, lab) {
  await lab.open('#lab=lab&view=drivers&speed=0&lang=en');
  await ready(page);
}

test('the machine goes over to devicemapper, with a pool in two files', async ({ page, lab }) => {
  await open(page, lab);
  await pane(page, 'stage');
  await page.locator('#rivals-switch').selectOption('devicemapper');
  await page.locator('.rivals-ask button').first().click();
  await pane(page, 'terminal');
  await ready(page);
  await expect(newest(page)).toContainText('devicemapper');
  await type(page, 'docker pull -q lab/drivers:64m; docker run --name one lab/drivers:64m df -h / | tail -1 | cut -c 1-12');
  await expect(newest(page)).toContainText('/dev/mapper/');
  await type(page, 'docker info | grep "loop file"; dmsetup status | grep -c thin-pool');
  await expect(newest(page)).toContainText('Data loop file: /var/lib/docker/devicemapper/devicemapper/data');
});

test('Docker takes a thin pool that LVM made, until it is full', async ({ page, lab }) => {
  await open(page, lab);
  await pane(page, 'terminal');
  for (const line of [
    'truncate -s 2G /disk; losetup /dev/loop0 /disk; pvcreate -q /dev/loop0; vgcreate docker /dev/loop0',
    'lvcreate -n thinpool docker -L 300M; lvcreate -n thinpoolmeta docker -l 1%VG',
    'lvconvert -y --zero n -c 64K --thinpool docker/thinpool --poolmetadata docker/thinpoolmeta',
    'mkdir -p /etc/docker; echo \'{"storage-driver": "devicemapper", "storage-opts": ["dm.thinpooldev=/dev/mapper/docker-thinpool", "dm.basesize=1G"]}\' > /etc/docker/daemon.json',
    'docker pull -q lab/drivers:64m',
    'docker info | grep "Pool Name"',
  ]) {
    await type(page, line);
  }
  await expect(newest(page)).toContainText('docker-thinpool');
  // What the engine holds is drawn from the pool that is there.
  await pane(page, 'stage');
  await expect(page.locator('.rivals')).toBeVisible();
  await pane(page, 'terminal');
  await type(page, "docker run --name one lab/drivers:64m sh -c 'head -c 400M /dev/urandom > /f'; lvs docker/thinpool");
  await expect(newest(page)).toContainText('No space left on device');
  await expect(newest(page)).toContainText('100.00');
  await type(page, 'lvextend -L +100M docker/thinpool; docker run --rm lab/drivers:64m echo again');
  await expect(newest(page)).toContainText('again');
});
