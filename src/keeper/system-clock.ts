import type { KeeperClock } from './effects.ts'

/** The machine's clock. */
export function systemClock(): KeeperClock {
  return {
    unixMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve()
          return
        }
        const done = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, milliseconds)
        signal?.addEventListener('abort', done, { once: true })
      }),
  }
}
