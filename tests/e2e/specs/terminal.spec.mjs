// The terminal: keys, paste, long output, and everything that goes wrong.
import { expect, test } from '../lib/test.mjs';
import { LAB, newest, ready, type } from '../lib/lab.mjs';

test('Tab completes, history comes back, lines can be edited', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  const field = page.locator('#command-line');
  await field.pressSequentially('cat lower/in_l');
  await field.press('Tab');
  await expect(field).toHaveValue('cat lower/in_lower.txt ');
  await field.press('Enter');
  await expect(newest(page)).toContainText('in lower');
  await field.pressSequentially('ls upper/in_');
  await field.press('Tab');
  await field.press('Tab');
  await expect(page.locator('.term-note .words')).toContainText('in_both.txt');
  await expect(page.locator('.term-note .words')).toHaveCount(1);
  await field.press('Control+u');
  await expect(field).toHaveValue('');
  await field.press('ArrowUp');
  await expect(field).toHaveValue('cat lower/in_lower.txt ');
  await field.press('Control+w');
  await expect(field).toHaveValue('cat ');
  await field.press('Control+c');
  await expect(field).toHaveValue('');
  await expect(page.locator('.given-up')).toContainText('cat ^C');
  await field.pressSequentially('lower');
  await field.press('Control+r');
  await expect(field).toHaveValue('cat lower/in_lower.txt ');
  await field.press('Control+u');
  await field.press('Control+l');
  await expect(page.locator('.term-group')).toHaveCount(0);
  await type(page, 'echo gone');
  const input = page.locator('#command-line');
  await input.fill('clear');
  await input.press('Enter');
  await expect(page.locator('.terminal')).not.toContainText('gone');
});

test('pasted lines run one by one, the last waits', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  const field = page.locator('#command-line');
  await field.focus();
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', 'echo one\n# a comment\nfor i in 2 3; do\n  echo "n$i"\ndone\ncat <<EOF\nhere\nEOF\necho last');
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(page.locator('.term-group')).toHaveCount(3);
  await ready(page);
  await expect(page.locator('.term-group').nth(1)).toContainText('n2\nn3');
  await expect(newest(page)).toContainText('here');
  await expect(field).toHaveValue('echo last');
  await expect(page.getByRole('slider')).toHaveAttribute('aria-valuetext', /Step 3 of 3/);
  await field.fill('  ');
  await field.press('Enter'); // no command, no step
  await expect(field).toHaveValue('');
  await type(page, 'echo more');
  await expect(page.getByRole('slider')).toHaveAttribute('aria-valuetext', /Step 4 of 4/);
});

test('a command may go on over several lines, and programs read what is typed', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  const field = page.locator('#command-line');
  const prompt = page.locator('.term-prompt .prompt').first();
  const line = async (text) => { await field.fill(text); await field.press('Enter'); };
  await line('for i in 1 2; do');
  await expect(prompt).toHaveText(/^> /);
  await line('echo "<$i>"');
  await line('done');
  await ready(page);
  await expect(newest(page)).toContainText('> echo "<$i>"');
  await expect(newest(page)).toContainText('<1>\n<2>');
  await line('read name; echo "hello $name"');
  await expect(page.locator('.term-prompt.busy')).toBeVisible();
  await line('reader');
  await ready(page);
  await expect(newest(page)).toContainText('hello reader');
  await line('cat > typed');
  await line('some text');
  await field.press('Control+d');
  await ready(page);
  await type(page, 'cat typed');
  await expect(newest(page)).toContainText('some text');
});

test('listings fit the width of the terminal', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  const lines = async () => {
    await type(page, 'ls /usr/bin');
    return (await newest(page).locator('.out').allInnerTexts()).join('').trim().split('\n').length;
  };
  const wide = await lines(); // the terminal is the middle of three columns
  await page.setViewportSize({ width: 1800, height: 800 });
  expect(await lines()).toBeLessThan(wide);
});

test('ten thousand lines are two hundred elements at most', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  await type(page, 'seq 10000');
  await expect(newest(page)).toContainText('10000');
  expect(await newest(page).locator('*').count()).toBeLessThanOrEqual(200);
  await page.locator('#command-line').pressSequentially('echo still quick');
  await expect(page.locator('#command-line')).toHaveValue('echo still quick');
});

test('whatever goes wrong says so, and the machine stays', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  const cases = [
    ['nosuchcommand', 'bash: nosuchcommand: command not found', 127],
    ['ls --nonsense', "ls: unrecognized option '--nonsense'", 2],
    ['echo (', 'bash: syntax error near unexpected token', 2],
    ['mount -t overlay overlay -o lowerdir=nowhere,upperdir=upper,workdir=work merged', 'mount: ', 32],
    ['mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=upper/w merged', 'mount: ', 32],
    ['cat nothing', 'cat: nothing: No such file or directory', 1],
  ];
  for (const [line, message, status] of cases) {
    await type(page, line);
    await expect(newest(page)).toContainText(message);
    await expect(newest(page)).toContainText(`exit status ${status}`);
  }
  await expect(page.locator('.nothing')).toBeVisible();
  await type(page, 'podman run nginx');
  await expect(newest(page)).toContainText(/not simulated|not found/);
  await type(page, 'echo “full width”；');
  await expect(page.locator('.term-note')).toContainText('full-width punctuation');
  await type(page, LAB[0]);
  await expect(page.locator('.matrix')).toBeVisible();
});

test('an endless loop and endless output end with Ctrl-C', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  const field = page.locator('#command-line');
  for (const line of ['while true; do :; done', 'yes']) {
    await field.fill(line);
    await field.press('Enter');
    await expect(page.locator('.term-prompt.busy')).toBeVisible();
    await page.waitForTimeout(400);
    await field.press('Control+c');
    await ready(page);
    await expect(newest(page)).toContainText('exit status 130');
  }
  await type(page, 'echo alive');
  await expect(newest(page)).toContainText('alive');
});
