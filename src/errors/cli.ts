import { TillerError } from './base.ts'

/** An error of the command line itself. */
export class CliError extends TillerError {
  override readonly name = 'CliError'
}

export function usageError(reason: string): CliError {
  return new CliError(reason, {
    code: 'USAGE',
    remedy: 'Run the command with --help to see what it takes.',
  })
}

/** A rung of trust that this version does not run. */
export function trustNotYet(rung: 'open' | 'sealed'): CliError {
  const missing = {
    open: 'the on-chain observation book, the Steward and inference in the EVM',
    sealed: 'the on-chain observation book, the Steward, the proof circuit and its verifier',
  }[rung]
  return new CliError('This rung of trust is not there yet.', {
    code: 'USAGE_TRUST_NOT_YET',
    details: { rung, missing },
    remedy: 'Use --trust guarded: a keeper key decides inside the bounds of the Guard.',
  })
}

/** The person ended the command before it was done. */
export function interrupted(): CliError {
  return new CliError('Interrupted before there was anything to report.', {
    code: 'INTERRUPTED',
    remedy: 'Run the command again when you are ready.',
  })
}

export function cancelled(): CliError {
  return new CliError('Cancelled; nothing was written.', {
    code: 'CANCELLED',
    remedy: 'Run the command again when you are ready.',
  })
}

export function notInteractive(missing: readonly string[]): CliError {
  return new CliError('The command can not ask, because this is not a terminal.', {
    code: 'USAGE_NOT_INTERACTIVE',
    details: { missing: missing.join(', ') },
    remedy: 'Give the missing values as options.',
  })
}

/** Wraps whatever was not raised on purpose. Its text is kept, URLs in it are taken out by who prints it. */
export function internalError(cause: unknown): CliError {
  return new CliError('Something failed that Tiller has no name for.', {
    code: 'INTERNAL',
    details: { reason: firstLine(cause) },
    remedy: 'Run it again with --log-level debug, and report what is printed.',
    cause,
  })
}

function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.split('\n')[0]?.trim() || 'no reason given'
}

export function depositTooLarge(values: { account: string; asset: string; wanted: string; held: string }): CliError {
  return new CliError('The account holds too little of the asset for this deposit.', {
    code: 'DEPOSIT_TOO_LARGE',
    details: values,
    remedy: 'Deposit at most what the account holds.',
  })
}

/** `free` is what the vault can pay now, `own` what the account's shares are worth. */
export function withdrawalTooLarge(
  values: { wanted: string; free: string; own: string },
  byLiquidity: boolean,
): CliError {
  return new CliError(
    byLiquidity
      ? 'The vault can not pay that much now: the rest lies in venues that are lent out.'
      : 'The shares of the account are worth less than that.',
    {
      code: 'WITHDRAWAL_TOO_LARGE',
      details: values,
      remedy: byLiquidity
        ? 'Withdraw at most what is free, the rest when borrowers have paid back, or look at what `tiller vault exit` plans.'
        : 'Withdraw at most what the shares are worth, or say "all".',
    },
  )
}

/** There is nothing that an exit could do. */
export function exitImpossible(
  reason: string,
  remedy: string,
  details: Readonly<Record<string, string>> = {},
): CliError {
  return new CliError(reason, { code: 'EXIT_IMPOSSIBLE', remedy, details })
}

export function amountInvalid(text: string, decimals: number): CliError {
  return new CliError(`"${text.slice(0, 40)}" is no amount.`, {
    code: 'USAGE_AMOUNT',
    details: { decimals },
    remedy: `Give a number above zero in whole units of the asset, with at most ${decimals} decimals, e.g. 1000.5.`,
  })
}

export function accountNotUnlocked(account: string): CliError {
  return new CliError('The node does not sign for this account.', {
    code: 'USAGE_ACCOUNT',
    details: { account },
    remedy: 'Use --from only with accounts of a devnet (e.g. --from alice); elsewhere give --keystore or --key-env.',
  })
}

export function transactionReverted(step: string, reason: string): CliError {
  return new CliError('The chain does not accept the transaction.', {
    code: 'TRANSACTION_REVERTED',
    details: { step, reason },
    remedy: 'Read the reason; where it was refused in simulation, nothing was sent.',
  })
}

export function vaultNotFound(address: string, reason: string): CliError {
  return new CliError('There is no Tiller vault at this address.', {
    code: 'VAULT_NOT_FOUND',
    details: { address, reason },
    remedy: 'Check the address and the chain that the endpoint serves.',
  })
}

/** `faults` say by path what was found there and what was expected, all of them at once. */
export function planFileInvalid(file: string, faults: Readonly<Record<string, string>>): CliError {
  return new CliError('The file does not describe a vault that can be deployed.', {
    code: 'USAGE_PLAN_FILE',
    details: { file, ...faults },
    remedy: 'Correct each value; docs/examples has whole files, docs/deploying.md explains every name.',
  })
}

/** Neither an option nor a configuration nor a running devnet says which chain is meant. */
export function chainNotNamed(file: string): CliError {
  return new CliError('Nothing says which chain is meant.', {
    code: 'USAGE_NO_CHAIN',
    details: { configuration: `there is no ${file}`, devnet: 'none runs' },
    remedy: 'Name an endpoint with --rpc-env or --rpc, or start a local chain with `tiller devnet up --detach`.',
  })
}

/** Only a running devnet has a ready-made vault. */
export function planMissing(): CliError {
  return new CliError('Nothing says what is to be deployed: --plan is missing.', {
    code: 'USAGE_PLAN_MISSING',
    remedy: 'Copy a file of docs/examples, put your own addresses in, and name it with --plan.',
  })
}

export function planFileUnreadable(file: string, reason: string): CliError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'this user may not read it',
  }
  return new CliError('The plan of the vault can not be read.', {
    code: 'USAGE_PLAN_UNREADABLE',
    details: { file, reason: reasons[reason] ?? reason },
    remedy: 'Give --plan a JSON file that describes the vault; docs/examples has whole ones to copy.',
  })
}

export function policyHashMismatch(policy: string, pinned: string, found: string): CliError {
  return new CliError('The policy is not the one that the configuration pins.', {
    code: 'CONFIG_POLICY_HASH',
    details: { policy, pinned, found },
    remedy: 'Restore the pinned package, or pin the new hash after looking at what changed.',
  })
}
