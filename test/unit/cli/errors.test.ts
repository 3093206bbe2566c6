import { expect, test } from 'vitest'
import * as errors from '../../../src/errors/cli.ts'
import { configExists } from '../../../src/errors/config.ts'

test('every error of the command line says what was found and what to do', () => {
  const large = { wanted: '20', free: '5', own: '10' }
  const all = [
    errors.usageError('A command is missing.'),
    errors.cancelled(),
    errors.notInteractive(['--vault', '--rpc']),
    errors.internalError(new Error('boom\nmore')),
    errors.internalError('thrown text'),
    errors.depositTooLarge({ account: '0xb2', asset: '0xa1', wanted: '20', held: '10' }),
    errors.withdrawalTooLarge(large, true),
    errors.withdrawalTooLarge(large, false),
    errors.amountInvalid('1e6', 6),
    errors.accountNotUnlocked('dave'),
    errors.transactionReverted('deposit', 'EntryClosed()'),
    errors.vaultNotFound('0xa1', 'there is no contract'),
    errors.planFileInvalid('p.json', { asset: 'is missing; give an address' }),
    errors.planFileUnreadable('p.json', 'EISDIR'),
    errors.planFileUnreadable('p.json', 'EIO'),
    errors.planMissing(),
    errors.chainNotNamed('tiller.config.json'),
    errors.policyHashMismatch('seed', '0x01', '0x02'),
    configExists('tiller.config.json'),
  ]
  expect(all.map(({ code, message }) => `${code}\n${message}`).join('\n\n')).toMatchInlineSnapshot(`
    "USAGE
    A command is missing.
    Remedy: Run the command with --help to see what it takes.

    CANCELLED
    Cancelled; nothing was written.
    Remedy: Run the command again when you are ready.

    USAGE_NOT_INTERACTIVE
    The command can not ask, because this is not a terminal.
      missing: --vault, --rpc
    Remedy: Give the missing values as options.

    INTERNAL
    Something failed that Tiller has no name for.
      reason: boom
    Remedy: Run it again with --log-level debug, and report what is printed.

    INTERNAL
    Something failed that Tiller has no name for.
      reason: thrown text
    Remedy: Run it again with --log-level debug, and report what is printed.

    DEPOSIT_TOO_LARGE
    The account holds too little of the asset for this deposit.
      account: 0xb2
      asset:   0xa1
      wanted:  20
      held:    10
    Remedy: Deposit at most what the account holds.

    WITHDRAWAL_TOO_LARGE
    The vault can not pay that much now: the rest lies in venues that are lent out.
      wanted: 20
      free:   5
      own:    10
    Remedy: Withdraw at most what is free, the rest when borrowers have paid back, or look at what \`tiller vault exit\` plans.

    WITHDRAWAL_TOO_LARGE
    The shares of the account are worth less than that.
      wanted: 20
      free:   5
      own:    10
    Remedy: Withdraw at most what the shares are worth, or say "all".

    USAGE_AMOUNT
    "1e6" is no amount.
      decimals: 6
    Remedy: Give a number above zero in whole units of the asset, with at most 6 decimals, e.g. 1000.5.

    USAGE_ACCOUNT
    The node does not sign for this account.
      account: dave
    Remedy: Use --from only with accounts of a devnet (e.g. --from alice); elsewhere give --keystore or --key-env.

    TRANSACTION_REVERTED
    The chain does not accept the transaction.
      step:   deposit
      reason: EntryClosed()
    Remedy: Read the reason; where it was refused in simulation, nothing was sent.

    VAULT_NOT_FOUND
    There is no Tiller vault at this address.
      address: 0xa1
      reason:  there is no contract
    Remedy: Check the address and the chain that the endpoint serves.

    USAGE_PLAN_FILE
    The file does not describe a vault that can be deployed.
      file:  p.json
      asset: is missing; give an address
    Remedy: Correct each value; docs/examples has whole files, docs/deploying.md explains every name.

    USAGE_PLAN_UNREADABLE
    The plan of the vault can not be read.
      file:   p.json
      reason: it is a folder
    Remedy: Give --plan a JSON file that describes the vault; docs/examples has whole ones to copy.

    USAGE_PLAN_UNREADABLE
    The plan of the vault can not be read.
      file:   p.json
      reason: EIO
    Remedy: Give --plan a JSON file that describes the vault; docs/examples has whole ones to copy.

    USAGE_PLAN_MISSING
    Nothing says what is to be deployed: --plan is missing.
    Remedy: Copy a file of docs/examples, put your own addresses in, and name it with --plan.

    USAGE_NO_CHAIN
    Nothing says which chain is meant.
      configuration: there is no tiller.config.json
      devnet:        none runs
    Remedy: Name an endpoint with --rpc-env or --rpc, or start a local chain with \`tiller devnet up --detach\`.

    CONFIG_POLICY_HASH
    The policy is not the one that the configuration pins.
      policy: seed
      pinned: 0x01
      found:  0x02
    Remedy: Restore the pinned package, or pin the new hash after looking at what changed.

    CONFIG_EXISTS
    There is a configuration already.
      file: tiller.config.json
    Remedy: Name another file with --config, or overwrite this one with --force."
  `)
})
