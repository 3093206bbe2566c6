import type { TickEffects } from '../../src/keeper/effects.ts'

/** Stands for the end of the process: nothing catches it on purpose, and after it every effect is dead. */
class Crash extends Error {}

export type CrashPoint = { call: number; when: 'before' | 'after' }

export type FaultyEffects = {
  effects: TickEffects
  /** Effects that were called so far, by name. */
  calls: readonly string[]
  crashed(): string | null
}

/**
 * Wraps every effect so that the n-th call crashes before or after it takes effect, and everything after it fails: what
 * kill -9 does between two awaits.
 */
export function faultyEffects(real: TickEffects, point: CrashPoint | null): FaultyEffects {
  const calls: string[] = []
  let crashed: string | null = null

  const wrapCall =
    (name: string, action: (...parameters: unknown[]) => unknown) =>
    async (...parameters: unknown[]): Promise<unknown> => {
      if (crashed !== null) throw new Crash(`dead since ${crashed}`)
      calls.push(name)
      const here = point !== null && calls.length === point.call
      if (here && point.when === 'before') {
        crashed = `before ${name}`
        throw new Crash(crashed)
      }
      const result = await action(...parameters)
      if (crashed !== null) throw new Crash(`dead since ${crashed}`)
      if (here) {
        crashed = `after ${name}`
        throw new Crash(crashed)
      }
      return result
    }

  function wrapObject<target extends object>(
    prefix: string,
    target: target,
    names: readonly (keyof target & string)[],
  ): target {
    const copy = { ...target } as Record<string, unknown>
    for (const name of names) {
      const action = target[name]
      if (typeof action === 'function') {
        copy[name] = wrapCall(`${prefix}${name}`, (...parameters) => Reflect.apply(action, target, parameters))
      }
    }
    return copy as target
  }

  const all = <target extends object>(target: target): (keyof target & string)[] =>
    Object.keys(target) as (keyof target & string)[]
  const top = wrapObject('', real, ['readState', 'readAgreedState', 'onBroadcast'])
  const effects: TickEffects = {
    ...top,
    journal: wrapObject('journal.', real.journal, all(real.journal)),
    chain: wrapObject('chain.', real.chain, all(real.chain)),
    gates: wrapObject('gates.', real.gates, ['first', 'fork']),
    policy: wrapObject('policy.', real.policy, ['decide']),
    ...(real.signer === undefined ? {} : { signer: wrapObject('signer.', real.signer, ['sign']) }),
  }
  return { effects, calls, crashed: () => crashed }
}
