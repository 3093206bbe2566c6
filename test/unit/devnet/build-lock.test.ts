import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withBuildLock } from '../../../src/devnet/build-lock.ts'

let folder: string
let lock: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiller-lock-'))
  lock = join(folder, 'build.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('two actions never run at once', async () => {
  let running = 0
  let most = 0
  const action = async (): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve, 20))
    running -= 1
  }
  await Promise.all([withBuildLock(lock, action), withBuildLock(lock, action), withBuildLock(lock, action)])
  expect(most).toBe(1)
  expect(existsSync(lock)).toBe(false)
})

test('the lock is given back when the action fails', async () => {
  await expect(withBuildLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(lock)).toBe(false)
})

test('the lock of a dead process is taken over', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => child.on('exit', resolve))
  writeFileSync(lock, String(child.pid))
  expect(await withBuildLock(lock, async () => 'done')).toBe('done')
})

test('a lock that is older than any build is taken over', async () => {
  writeFileSync(lock, String(process.pid))
  const old = new Date(Date.now() - 11 * 60_000)
  utimesSync(lock, old, old)
  expect(await withBuildLock(lock, async () => 'done')).toBe('done')
})

test('waiting for a living holder ends with its process id', async () => {
  writeFileSync(lock, String(process.pid))
  await expect(withBuildLock(lock, async () => 'done', 50)).rejects.toMatchObject({
    code: 'DEVNET_BUILD_LOCKED',
    message: [
      'Another process has been building the devnet for too long.',
      `  pid: ${process.pid}`,
      'Remedy: Wait for that process, or end it, and try again.',
    ].join('\n'),
  })
})
