import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startAnvil } from '../../../src/chain/anvil.ts'
import { isAlive } from '../../../src/devnet/is-alive.ts'
import {
  inspectMarket,
  inspectRun,
  readRunState,
  removeRunState,
  writeRunState,
} from '../../../src/devnet/run-state.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiller-run-'))
  file = join(folder, 'devnet.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The id of a process that has just ended. */
function deadPid(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', ''])
    child.on('exit', () => resolve(child.pid ?? 0))
  })
}

test('a state is read back as it was written', () => {
  const state = { pid: 1234, port: 8545, hash: 'abc', startedAt: 5 }
  writeRunState(state, file)
  expect(readRunState(file)).toEqual(state)
})

test('a market is remembered beside its devnet, and forgotten where it is no process', () => {
  const devnet = { pid: 1234, port: 8545, hash: 'abc', startedAt: 5 }
  const market = { pid: 77, seed: 7, hoursPerSecond: 2, replay: { file: 'a.csv', venue: 'comet:usdc' } }
  writeRunState({ ...devnet, market }, file)
  expect(readRunState(file)).toEqual({ ...devnet, market })
  writeFileSync(file, JSON.stringify({ ...devnet, market: { ...market, pid: '77' } }))
  expect(readRunState(file)).toEqual(devnet)
})

test('a market whose process is gone, or is another program now, has ended', async () => {
  expect(inspectMarket({ pid: await deadPid(), seed: 1, hoursPerSecond: 1 })).toBe('ended')
  const child = spawn('sleep', ['60'])
  try {
    expect(inspectMarket({ pid: child.pid ?? 0, seed: 1, hoursPerSecond: 1 })).toBe('ended')
  } finally {
    child.kill('SIGKILL')
  }
})

const hasProc = existsSync('/proc/self/stat')

test.skipIf(!hasProc)('a process that has ended but was never asked for counts as ended', async () => {
  // The shell becomes `sleep`, which never asks for the child that the shell had started.
  const parent = spawn('/bin/sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60'])
  try {
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (data) => resolve(Number(data))))
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false))
    expect(isAlive(parent.pid ?? 0)).toBe(true)
  } finally {
    parent.kill('SIGKILL')
  }
})

test('a damaged or impossible state counts as none', async () => {
  for (const text of ['', '{', 'null', '{"pid":"x","port":1}', '{"pid":1,"port":8545}', '{"pid":99,"port":70000}']) {
    writeFileSync(file, text)
    expect(await inspectRun(file)).toEqual({ kind: 'none' })
  }
})

test('a process that has ended leaves a dead state', async () => {
  writeRunState({ pid: await deadPid(), port: 8545, hash: 'abc', startedAt: 5 }, file)
  expect((await inspectRun(file)).kind).toBe('dead')
})

test('an id that belongs to another program now is a dead state', async () => {
  const child = spawn('sleep', ['60'])
  try {
    writeRunState({ pid: child.pid ?? 0, port: 8545, hash: 'abc', startedAt: 5 }, file)
    expect((await inspectRun(file)).kind).toBe('dead')
  } finally {
    child.kill('SIGKILL')
  }
})

test('a living node is running, and silent when it is frozen', async () => {
  const anvil = await startAnvil()
  try {
    writeRunState({ pid: anvil.pid, port: anvil.port, hash: 'abc', startedAt: 5 }, file)
    expect((await inspectRun(file)).kind).toBe('running')
    process.kill(anvil.pid, 'SIGSTOP')
    expect((await inspectRun(file)).kind).toBe('silent')
  } finally {
    process.kill(anvil.pid, 'SIGCONT')
    await anvil.stop()
  }
})

test('only the state of the named process is removed', () => {
  writeRunState({ pid: 1234, port: 8545, hash: 'abc', startedAt: 5 }, file)
  removeRunState(99, file)
  expect(existsSync(file)).toBe(true)
  removeRunState(1234, file)
  expect(existsSync(file)).toBe(false)
})
