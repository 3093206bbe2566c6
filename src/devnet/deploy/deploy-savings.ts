import type { DevnetDeployment } from '../deployment.ts'
import { fundAccount } from './deploy-tokens.ts'
import { type DeployScope, type DevnetTokens, usd } from './scope.ts'

const max = 2n ** 256n - 1n

/** OpenZeppelin's ERC-4626 over USDC: 5 M deposited, 3.2 % a year from a reserve of 5 M. Its owner is `saver`. */
export async function deploySavings(scope: DeployScope, tokens: DevnetTokens): Promise<DevnetDeployment['erc4626']> {
  const { builder, compiled, accounts } = scope
  const { saver } = accounts
  const rateWad = 32n * 10n ** 15n
  const vault = await builder.deploy('erc4626.usdc', compiled('SavingsVault'), [tokens.usdc.address, saver, rateWad])
  await fundAccount(scope, tokens, saver, { usdc: 20_000_000n })
  await builder.send(saver, tokens.usdc, 'approve', [vault.address, max])
  await builder.send(saver, vault, 'fund', [5_000_000n * usd])
  await builder.send(saver, vault, 'deposit', [5_000_000n * usd, saver])
  return { usdc: vault.address }
}
