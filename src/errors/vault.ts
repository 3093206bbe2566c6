import { TillerError } from './base.ts'

/** The configuration of a vault that is to be deployed; every fault at once, each with its path. */
export function vaultPlanInvalid(faults: readonly { path: string; fault: string }[]): TillerError {
  return new TillerError('The vault cannot be deployed as configured.', {
    code: 'VAULT_PLAN_INVALID',
    remedy: 'Correct the values named above and deploy again; nothing was sent.',
    details: Object.fromEntries(faults.map(({ path, fault }) => [path, fault])),
  })
}

export function deployerWithoutAccount(): TillerError {
  return new TillerError('The client that should deploy the vault has no account.', {
    code: 'DEPLOYER_WITHOUT_ACCOUNT',
    remedy: 'Give a client with an account, or a key that can sign.',
  })
}

/** The dead shares must be paid for before anybody else can enter. */
export function seedUnaffordable(deployer: string, asset: string, balance: bigint, seedAssets: bigint): TillerError {
  return new TillerError('The deployer holds too little of the asset to seed the vault.', {
    code: 'SEED_UNAFFORDABLE',
    remedy: 'Send the missing amount of the asset to the deployer, or lower seedAssets.',
    details: { deployer, asset, balance, seedAssets },
  })
}

export function deploymentStepReverted(
  step: string,
  transaction: string,
  reason: string,
  cause?: unknown,
): TillerError {
  return new TillerError('A step of the deployment reverted.', {
    code: 'DEPLOYMENT_STEP_REVERTED',
    remedy: 'Read the reason, correct the configuration and deploy anew; the contracts of this attempt stay unused.',
    details: { step, transaction, reason },
    cause,
  })
}

/** Another transaction of the deployer slipped in, so that a contract does not lie where the other steps expect it. */
export function deploymentAddressMismatch(step: string, expected: string, found: string): TillerError {
  return new TillerError('A contract was created at another address than planned.', {
    code: 'DEPLOYMENT_ADDRESS_MISMATCH',
    remedy: 'Let nothing else send from the deployer while it deploys, and deploy anew.',
    details: { step, expected, found },
  })
}
