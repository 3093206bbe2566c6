import type { KeeperLogger } from './effects.ts'

export type ShutdownSignal = { signal: AbortSignal; dispose(): void }

/**
 * Turns SIGINT and SIGTERM into an abort signal: the first one asks the keeper to finish or park its step and end; a
 * second one of the kind is left to the system's default, which ends the process at once.
 */
export function shutdownSignal(logger: KeeperLogger): ShutdownSignal {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    logger.info('keeper.signal', { signal: name })
    dispose()
    controller.abort()
  }
  const dispose = (): void => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { signal: controller.signal, dispose }
}
