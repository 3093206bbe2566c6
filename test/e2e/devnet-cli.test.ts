import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { cacheDir } from '../../src/chain/paths.ts'
import { prepareDevnet } from '../../src/devnet/devnet.ts'
import { isAlive } from '../../src/devnet/is-alive.ts'
import { createRpc } from '../../src/devnet/rpc.ts'

type Run = { code: number; stdout: string; stderr: string }

const program = join(process.cwd(), 'scripts/tiller.mjs')
const folder = mkdtempSync(join(tmpdir(), 'tiller-devnet-cli-'))
const startHour = 1_699_999_200
let env: Record<string, string>

/** Runs the program as a person would. */
function tiller(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
      resolve({ code, stdout, stderr })
    })
  })
}

async function json(...args: string[]) {
  const { code, stdout, stderr } = await tiller(...args, '--json')
  return { code, document: JSON.parse(stdout), stderr }
}

type Foreground = { child: ChildProcess; output: () => string; exited: Promise<number | null> }

function inForeground(...args: string[]): Foreground {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  return { child, output: () => output, exited: new Promise((resolve) => child.once('exit', resolve)) }
}

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`not in time: ${what}`)
}

async function headTime(url: string): Promise<number> {
  const block = (await createRpc(url)('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
  return Number(block.timestamp)
}

/** A recorded history of so many hours in a file of its own; `change` edits its lines. */
function history(name: string, hours: number, change: (lines: string[]) => void = () => undefined): string {
  const lines = [
    'timestamp,totalDepositBalanceUSD,totalBorrowBalanceUSD,hourlyDepositUSD,hourlyWithdrawUSD,hourlyBorrowUSD,hourlyRepayUSD',
  ]
  for (let hour = 0; hour <= hours; hour += 1) {
    lines.push(`${startHour + hour * 3_600},${400e6 + hour * 1e6},${320e6 + hour * 2e6},2e6,1e6,3e6,1e6`)
  }
  change(lines)
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  return name
}

beforeAll(async () => {
  await prepareDevnet()
  // A cache of its own with the same builds: `run` says which devnet runs, and that is one per user.
  const cache = join(folder, 'cache')
  mkdirSync(cache)
  for (const name of readdirSync(cacheDir())) {
    if (name !== 'run') symlinkSync(join(cacheDir(), name), join(cache, name))
  }
  env = { PATH: process.env['PATH'] ?? '', HOME: folder, TILLER_CACHE_DIR: cache }
}, 300_000)

afterEach(async () => {
  await tiller('devnet', 'down')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a detached devnet', () => {
  test('comes up once, tells how it stands, and goes down', async () => {
    const up = await json('devnet', 'up', '--detach', '--port', '0')
    expect(up.code, up.stderr).toBe(0)
    const { url, pid, port } = up.document
    expect(up.document).toMatchObject({ running: true, url: `http://127.0.0.1:${port}` })
    expect(up.document.market).toBeUndefined()

    const second = await json('devnet', 'up', '--detach', '--port', '0')
    expect([second.code, second.document.error.code]).toEqual([1, 'DEVNET_RUNNING'])

    const status = await json('devnet', 'status')
    expect(status.code).toBe(0)
    expect(status.document).toMatchObject({ pid, port, codeChanged: [], currentHead: up.document.deployment.head })

    const down = await json('devnet', 'down')
    expect([down.code, down.document]).toEqual([0, { stopped: true, pid, port }])
    expect(isAlive(pid)).toBe(false)
    await expect(headTime(url)).rejects.toMatchObject({ code: 'DEVNET_CALL_FAILED' })
    expect((await json('devnet', 'down')).document).toEqual({ stopped: false })
    const gone = await json('devnet', 'status')
    expect([gone.code, gone.document.error.code]).toEqual([1, 'DEVNET_NOT_RUNNING'])
  })

  test('with a market lets hours pass in a process of its own, until it is taken down', async () => {
    const up = await json('devnet', 'up', '--detach', '--port', '0', '--hours-per-second', '50', '--seed', '3')
    expect(up.code, up.stderr).toBe(0)
    const { url, market, pid } = up.document
    expect(market).toEqual({ pid: market.pid, seed: 3, hoursPerSecond: 50 })
    const began = await headTime(url)
    await until('six simulated hours', async () => (await headTime(url)) >= began + 6 * 3_600)

    expect((await json('devnet', 'status')).document.market).toEqual({ ...market, running: true })
    const { stdout } = await tiller('devnet', 'status')
    expect(stdout).toContain(`market  seed 3 · 50 hours per second, process ${market.pid}\n`)

    expect((await json('devnet', 'down')).document.stopped).toBe(true)
    expect([isAlive(pid), isAlive(market.pid)]).toEqual([false, false])
  })

  test('plays a recorded history to its end and then stands still', async () => {
    const file = history('replay.csv', 30)
    const from = String(startHour + 18 * 3_600)
    const options = ['--hours-per-second', '200', '--replay-venue', 'comet:usdc', '--replay-from', from]
    const up = await json('devnet', 'up', '--detach', '--port', '0', '--replay', file, ...options)
    expect(up.code, up.stderr).toBe(0)
    expect(up.document.market.replay).toEqual({ file: 'replay.csv', venue: 'comet:usdc' })
    await until('the end of the history', async () => {
      const { document } = await json('devnet', 'status')
      return document.market.running === false
    })
    expect((await json('devnet', 'status')).document.market).toMatchObject({
      running: false,
      end: 'the recorded history ended after 12 hours',
    })
    // The record ends at 380 of 430 million.
    const rpc = createRpc(up.document.url)
    const call = async (data: string) =>
      Number(await rpc('eth_call', [{ to: up.document.deployment.comet.usdc, data }, 'latest']))
    const [supply, borrow] = [await call('0x18160ddd'), await call('0x8285ef40')]
    expect(borrow / supply).toBeCloseTo(380 / 430, 2)
  })
})

describe('a devnet in the foreground', () => {
  test('shows its market and ends at Ctrl-C', async () => {
    const run = inForeground('devnet', 'up', '--port', '0', '--hours-per-second', '50', '--seed', '2')
    await until('a line of the market', () => /aave-v3:usdc \d+\.\d+ %/.test(run.output()))
    expect(run.output()).toContain('seed 2 · 50 hours per second')
    expect((await json('devnet', 'status')).document.market).toMatchObject({ pid: run.child.pid, running: true })
    run.child.kill('SIGINT')
    expect(await run.exited).toBe(0)
    expect(run.output()).toMatch(/devnet stopped\n$/)
    expect((await json('devnet', 'status')).document.error.code).toBe('DEVNET_NOT_RUNNING')
  })

  test('ends at once when it is taken down from elsewhere, however slow its market is', async () => {
    const run = inForeground('devnet', 'up', '--port', '0', '--hours-per-second', '0.01')
    await until('the first hour', () => /aave-v3:usdc \d+\.\d+ %/.test(run.output()))
    expect((await json('devnet', 'down')).document.stopped).toBe(true)
    expect(await run.exited).toBe(0)
    expect(run.output()).toMatch(/devnet stopped by `tiller devnet down`\n$/)
  })
})

describe('what can be wrong with a market', () => {
  test('a bad value of a history is told with file, line and column, and nothing is left running', async () => {
    const file = history('bad.csv', 30, (lines) => {
      lines[7] = (lines[7] ?? '').replace(',1e6,3e6,', ',-5,3e6,')
    })
    const expected = [
      'error HISTORY_INVALID  A recorded history has a value that can not be used.',
      '  file:   bad.csv',
      '  line:   8',
      '  column: hourlyWithdrawUSD',
      '  found:  -5',
      '  rule:   zero or more',
      'Remedy: Correct or remove that row; the header and units are in docs/market-agents.md.',
      '',
    ].join('\n')
    for (const detach of [[], ['--detach']]) {
      const { code, stderr } = await tiller('devnet', 'up', '--port', '0', '--replay', file, ...detach)
      expect([code, stderr]).toEqual([2, expected])
    }
    expect((await json('devnet', 'status')).document.error.code).toBe('DEVNET_NOT_RUNNING')
  })

  test.each([
    { what: 'no file', code: 'HISTORY_UNREADABLE', options: ['--replay', 'none.csv'] },
    {
      what: 'a start after its end',
      code: 'HISTORY_EMPTY',
      options: ['--replay', 'good.csv', '--replay-from', '2030-01-01'],
    },
    {
      what: 'a venue without borrowers',
      code: 'VENUE_NOT_REPLAYABLE',
      options: ['--replay', 'good.csv', '--replay-venue', 'erc4626:usdc'],
    },
    {
      what: 'an unknown venue',
      code: 'UNKNOWN_MARKET_VENUE',
      options: ['--replay', 'good.csv', '--replay-venue', 'compound', '--detach'],
    },
    { what: 'a venue without a history', code: 'USAGE', options: ['--replay-venue', 'comet:usdc'] },
    { what: 'a pace of zero', code: 'USAGE', options: ['--hours-per-second', '0'] },
    { what: 'a time that is none', code: 'USAGE', options: ['--replay', 'good.csv', '--replay-from', 'yesterday'] },
    { what: 'two that mine', code: 'USAGE', options: ['--seed', '1', '--block-time', '2'] },
  ])('$what is a wrong use, told before anything stays running', async ({ code, options }) => {
    history('good.csv', 30)
    const answer = await json('devnet', 'up', '--port', '0', ...options)
    expect([answer.code, answer.document.error.code]).toEqual([2, code])
    expect(answer.document.error.remedy).not.toBe('')
    expect((await json('devnet', 'status')).document.error.code).toBe('DEVNET_NOT_RUNNING')
  })
})
