import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli, temporaryFolder } from './fake-io.ts'

const cwd = temporaryFolder()
beforeAll(async () => {
  await runCli(['data', 'generate', '--out', 'p', '--seed', '3', '--days', '25'], { cwd })
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const check = (...args: string[]) =>
  runCli(['check', 'lookahead', '--panel', 'p', '--cuts', '2', '--seed', '4', ...args], { cwd })

test('rules and a package pass, hindsight is caught, and the answer says it in words', async () => {
  const { code, stdout } = await check('--policy', 'greedy-50bp', 'best-static-hindsight', 'smoothed-water-filling')
  expect(code).toBe(0)
  expect(stdout).toMatch(/p, 600 steps from 2024-01-01T00:00:00Z to 2024-01-26T00:00:00Z, lag 1/)
  expect(stdout).toMatch(/✓ +greedy-50bp +14 +\d+ +nothing/)
  expect(stdout).toMatch(/✓ +best-static-hindsight +2 +1 +hindsight, as it says: weight of /)
  expect(stdout).toContain('✓ 2 policies come to the same, byte by byte, whatever the future is')
  expect(stdout).toContain('✓ the check can fail: it caught best-static-hindsight, chosen in hindsight')
  expect(stdout).toContain('✓ the files read the same without their later rows')
})

test('the same as one document, and the same again from the same seed', async () => {
  const first = await check('--policy', 'yearn-ratio', '--json')
  expect(JSON.parse(first.stdout)).toMatchObject({
    panel: 'p',
    steps: 600,
    controlFails: null,
    fault: null,
    reading: [],
    results: [{ policy: 'yearn-ratio', hindsight: false, fault: null }],
  })
  expect((await check('--policy', 'yearn-ratio', '--json')).stdout).toBe(first.stdout)
})

test('an unknown policy and a window that is too short are refused', async () => {
  expect((await check('--policy', 'no-such-policy')).stderr).toContain('POLICY_UNKNOWN')
  const short = await check('--from', '2024-01-25T20:00:00Z')
  expect(short.code).toBe(2)
  expect(short.stderr).toContain('BACKTEST_WINDOW')
})
