import { execFileSync } from 'node:child_process'
import { projectRoot } from './paths.ts'

/** Commit of the checkout, with `-dirty` where a tracked file differs from it; null outside of one. */
export function codeRevision(): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: projectRoot(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '-dirty'}`
  } catch {
    return null
  }
}
