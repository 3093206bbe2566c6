import { zeroAddress } from 'viem'
import { loadSigner, signerAddress } from '../config/keys.ts'
import type { Config } from '../config/schema.ts'
import { policyHashMismatch } from '../errors/cli.ts'
import { openJournal } from '../journal/open-journal.ts'
import { createKeeper, type Keeper } from '../keeper/create-keeper.ts'
import type { Logger } from '../keeper/logger.ts'
import { loadPolicy } from '../policy/load-policy.ts'
import { createSigner } from '../send/signer.ts'
import type { Context } from './context.ts'

/**
 * Opens everything that a keeper needs, runs an action with it, and closes what was opened, whatever happened.
 *
 * The key is opened only in the modes that sign. Raises what the journal, the policy, the keys and the keeper raise.
 */
export async function withKeeper<result>(
  context: Context,
  config: Config,
  logger: Logger,
  action: (keeper: Keeper) => Promise<result>,
): Promise<result> {
  const { env } = context.io
  const sends = config.keeper.mode === 'canary' || config.keeper.mode === 'live'
  const journal = await openJournal({ path: config.store.path })
  try {
    const policy = await loadPolicy({ ...config.policy, logger })
    try {
      const pinned = config.policy.hash
      if (pinned !== undefined && pinned !== policy.hash) throw policyHashMismatch(policy.name, pinned, policy.hash)
      const signer = sends
        ? await createSigner({ loadKey: async () => (await loadSigner(config, env)).privateKey })
        : undefined
      const keeper = signer?.address ?? (await signerAddress(config, env)) ?? zeroAddress
      return await action(
        await createKeeper({ config, journal, policy, keeper, logger, ...(signer === undefined ? {} : { signer }) }),
      )
    } finally {
      await policy.close?.()
    }
  } finally {
    await journal.close()
  }
}
