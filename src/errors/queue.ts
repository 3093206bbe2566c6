import { CliError } from './cli.ts'

export function queueMissing(): CliError {
  return new CliError('The configuration names no redeem queue.', {
    code: 'CONFIG_QUEUE_MISSING',
    remedy: 'Name it as vault.redeemQueue; its deployment file has the address, and a vault may have none.',
  })
}

/** Shares would go to a contract that is none of the vault's. */
export function queueForeign(queue: string, vault: string, found: string): CliError {
  return new CliError('The configured redeem queue is not one of this vault.', {
    code: 'CONFIG_QUEUE_FOREIGN',
    details: { queue, vault, found },
    remedy: 'Correct vault.redeemQueue; nothing was sent.',
  })
}

/** `worth` is what the shares that were asked for bring now, in whole units of the asset as everything here. */
export function queueRequestTooSmall(values: { account: string; worth: string; least: string }): CliError {
  return new CliError('The request is smaller than the queue takes.', {
    code: 'QUEUE_REQUEST_TOO_SMALL',
    details: values,
    remedy: 'Ask for at least that much, or take what is free with `tiller vault withdraw`.',
  })
}

export function queueRequestTooLarge(values: { account: string; wanted: string; own: string }): CliError {
  return new CliError('The shares of the account are worth less than that.', {
    code: 'QUEUE_REQUEST_TOO_LARGE',
    details: values,
    remedy:
      'Ask for at most what the shares are worth, or say "all"; shares that wait in the queue already do not count.',
  })
}

/** `waits` is what the account has in the queue that is not filled yet. */
export function queueNothingToClaim(values: { account: string; waits: string }): CliError {
  return new CliError('None of the requests of the account is filled: there is nothing to claim.', {
    code: 'QUEUE_NOTHING_TO_CLAIM',
    details: values,
    remedy:
      'Look at `tiller vault queue status`; anyone may fill with `tiller vault queue fill` as far as the vault can pay.',
  })
}

/** `waiting` lists the numbers of the account's requests that wait. */
export function queueRequestUnknown(values: { account: string; request: string; waiting: string }): CliError {
  return new CliError('The account has no such request that still waits.', {
    code: 'QUEUE_REQUEST_UNKNOWN',
    details: values,
    remedy: 'Give the number of a request of this account, or "all"; what is filled already is claimed, not cancelled.',
  })
}
