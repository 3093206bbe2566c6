import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAnvil } from '../../../src/chain/anvil.ts'
import { inspectRun, readRunState, removeRunState, writeRunState } from '../../../src/devnet/run-state.ts'

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
