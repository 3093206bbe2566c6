import type { Address } from 'viem'
import { type DeployScope, type DevnetFeeds, type DevnetTokens, ether, seedEthUsd, usd } from './scope.ts'

/** USDC and USDT (6 decimals, open mint), canonical WETH9, and a feed for each with 8 decimals. */
export async function deployTokens(scope: DeployScope): Promise<{ tokens: DevnetTokens; feeds: DevnetFeeds }> {
  const { builder, compiled } = scope
  const token = compiled('TestToken')
  const feed = compiled('PriceFeed')
  const tokens = {
    usdc: await builder.deploy('tokens.usdc', token, ['USD Coin', 'USDC', 6]),
    usdt: await builder.deploy('tokens.usdt', token, ['Tether USD', 'USDT', 6]),
    weth: await builder.deploy('tokens.weth', compiled('WETH9')),
  }
  const feeds = {
    ethUsd: await builder.deploy('feeds.ethUsd', feed, ['ETH / USD', 8, seedEthUsd * 10n ** 8n]),
    usdcUsd: await builder.deploy('feeds.usdcUsd', feed, ['USDC / USD', 8, 10n ** 8n]),
    usdtUsd: await builder.deploy('feeds.usdtUsd', feed, ['USDT / USD', 8, 10n ** 8n]),
  }
  return { tokens, feeds }
}

/** Gives an account whole USDC, USDT and WETH; WETH is wrapped from the account's own ether. */
export async function fundAccount(
  scope: DeployScope,
  tokens: DevnetTokens,
  account: Address,
  whole: { usdc?: bigint; usdt?: bigint; weth?: bigint },
): Promise<void> {
  const { builder } = scope
  if (whole.usdc !== undefined) await builder.send(account, tokens.usdc, 'mint', [account, whole.usdc * usd])
  if (whole.usdt !== undefined) await builder.send(account, tokens.usdt, 'mint', [account, whole.usdt * usd])
  if (whole.weth !== undefined) await builder.send(account, tokens.weth, 'deposit', [], whole.weth * ether)
}
