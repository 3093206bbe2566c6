import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../chain/paths.ts'
import type { RunHead } from './run-record.ts'

/**
 * Names the code that runs: its version, the commit of the checkout (`-dirty` where a tracked file differs; null outside
 * of one), and the hash of the sources of the bundle (null where it runs from the sources).
 */
export function codeIdentity(): RunHead['code'] {
  const root = projectRoot()
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  let revision: string | null = null
  try {
    revision = `${git('rev-parse', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '-dirty'}`
  } catch {
    // No checkout, or no git: the hash of the sources names the code.
  }
  const isBundle = import.meta.url.endsWith('.mjs')
  const stamp = isBundle ? readFileSync(join(root, 'dist', '.stamp'), 'utf8').trim() : ''
  return { version, revision, source: /^[0-9a-f]{64}$/.test(stamp) ? stamp : null }
}
