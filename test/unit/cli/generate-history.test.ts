import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readPanel } from '../../../src/history/read-panel.ts'
import { generatePanel } from '../../../src/market/generate-panel.ts'
import { usualMarket } from '../../../src/market/market-spec.ts'
import { runCli, temporaryFolder } from './fake-io.ts'

const cwd = temporaryFolder()
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

function hashes(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(join(cwd, folder)).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(cwd, folder, file)))
        .digest('hex'),
    ]),
  )
}

test('a seed gives the same files every time, another seed others, and nothing is wrong with them', async () => {
  const generate = (out: string, seed: string) =>
    runCli(['data', 'generate', '--out', out, '--seed', seed, '--days', '60', '--name', 'p', '--json'], { cwd })
  const first = await generate('a', '5')
  expect(first.code).toBe(0)
  expect(JSON.parse(first.stdout)).toMatchObject({
    folder: 'a',
    name: 'p',
    asset: 'USDC',
    market: 'usual',
    seed: '5',
    stepSeconds: 3_600,
    steps: 1_440,
    findings: [],
  })
  await generate('b', '5')
  await generate('c', '6')
  expect(hashes('b')).toEqual(hashes('a'))
  expect(hashes('c')).not.toEqual(hashes('a'))
  const verified = await runCli(['data', 'verify', 'a'], { cwd })
  expect(verified.code).toBe(0)
})

test('what is read back is the market, to the bit', async () => {
  await runCli(['data', 'generate', '--out', 'd', '--seed', '9', '--days', '30'], { cwd })
  const { panel } = await readPanel(join(cwd, 'd'))
  const generated = generatePanel(usualMarket(9n, 1_704_067_200), 720)
  expect(panel.supplyApr).toEqual(generated.supplyApr)
  expect(panel.totalBorrow).toEqual(generated.totalBorrow)
  expect(panel.usdPerGas).toEqual(generated.usdPerGas)
  expect(panel.venues).toEqual(generated.venues)
})

test('a random market has as many venues as are asked for, and its table is shown', async () => {
  const { stdout } = await runCli(
    ['data', 'generate', '--out', 'e', '--market', 'random', '--venues', '3', '--days', '20'],
    { cwd },
  )
  expect(stdout.split('\n').filter((line) => line.startsWith('venue-'))).toHaveLength(3)
  expect(stdout).toContain('480 steps of 1 h')
})

test('a panel that is there is replaced only by force', async () => {
  const again = ['data', 'generate', '--out', 'a', '--days', '20']
  const refused = await runCli(again, { cwd })
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('PANEL_EXISTS')
  expect((await runCli([...again, '--force'], { cwd })).code).toBe(0)
})
