import { readFileSync } from 'node:fs'

/**
 * True while a process with this id runs, even one that we may not signal. A process that has ended counts as ended
 * even where its parent never asks for it, as in a container without an init.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    // `pid (name) state …`; the name may hold anything.
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').slice(0, 3))
  } catch {
    // No /proc on this system, or gone by now.
    return false
  }
}
