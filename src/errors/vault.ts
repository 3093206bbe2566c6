import { TillerError } from './base.ts'

/** The configuration of a vault that is to be deployed; every fault at once, each with its path. */
export function vaultPlanInvalid(faults: readonly { path: string; fault: string }[]): TillerError {
  return new TillerError('The vault cannot be deployed as configured.', {
    code: 'VAULT_PLAN_INVALID',
    remedy: 'Correct the values named above and deploy again; nothing was sent.',
    details: Object.fromEntries(faults.map(({ path, fault }) => [path, fault])),
  })
}

/** The plan names the chain that its addresses belong to, and it is another one. */
export function planOfAnotherChain(planned: number, found: number): TillerError {
  return new TillerError('The plan is for another chain than the endpoint serves.', {
    code: 'VAULT_PLAN_CHAIN',
    remedy: 'Name an endpoint of that chain with --rpc-env, or take a plan of this one; nothing was sent.',
    details: { planned, found },
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

/** The asset does not answer as an ERC-20. */
export function assetUnreadable(asset: string, call: string, cause: unknown): TillerError {
  return new TillerError('The asset does not answer as an ERC-20 token.', {
    code: 'ASSET_UNREADABLE',
    remedy: 'Give the address of the token itself, on the chain that the configuration names.',
    details: { asset, call },
    cause,
  })
}

export function assetFeeOnTransfer(asset: string, expected: bigint, received: bigint): TillerError {
  return new TillerError('The asset keeps a part of what is sent, and a vault can not account for that.', {
    code: 'ASSET_FEE_ON_TRANSFER',
    remedy: 'Choose an asset that transfers exactly what it says; nothing was sent.',
    details: { asset, sent: expected, received },
  })
}

export function assetRebasing(asset: string, selector: string): TillerError {
  return new TillerError(
    'The asset changes balances by itself (it is rebasing), and a vault can not account for that.',
    {
      code: 'ASSET_REBASING',
      remedy: 'Choose its wrapped form with constant balances, where there is one; nothing was sent.',
      details: { asset, selector },
    },
  )
}

export function assetUnsupported(asset: string): TillerError {
  return new TillerError('The vault refuses the asset: it has more than 18 decimals or is no contract.', {
    code: 'ASSET_UNSUPPORTED',
    remedy: 'Choose an ERC-20 token with at most 18 decimals; nothing was sent.',
    details: { asset },
  })
}

/** A step fails when the whole deployment is simulated. */
export function deploymentRefused(step: string, reason: string): TillerError {
  return new TillerError('The deployment would fail, as its simulation shows.', {
    code: 'DEPLOYMENT_REFUSED',
    remedy: 'Read the reason and correct the plan; nothing was sent.',
    details: { step, reason },
  })
}

export function deploymentStepTooLarge(step: string, gas: bigint, most: bigint): TillerError {
  return new TillerError('A step of the deployment needs more gas than one transaction may use.', {
    code: 'DEPLOYMENT_STEP_TOO_LARGE',
    remedy: 'Deploy with fewer venues and add the others afterwards; nothing was sent.',
    details: { step, gas, most },
  })
}

export function deploymentUnaffordable(deployer: string, balance: bigint, cost: bigint): TillerError {
  return new TillerError('The deployer holds too little ether for the gas of the deployment.', {
    code: 'DEPLOYMENT_UNAFFORDABLE',
    remedy: 'Send ether to the deployer, or wait for a lower base fee; nothing was sent.',
    details: { deployer, balanceWei: balance, costWei: cost },
  })
}

export function factoryUnknown(factory: string, reason: string): TillerError {
  return new TillerError('The factory that the plan names can not be used by this build.', {
    code: 'FACTORY_UNKNOWN',
    remedy: 'Leave out "factory" to use the one of this build, or give the address that belongs to this version.',
    details: { factory, reason },
  })
}

export function create2DeployerMissing(address: string): TillerError {
  return new TillerError('The chain lacks the contract through which the factory is created.', {
    code: 'CREATE2_DEPLOYER_MISSING',
    remedy: 'Deploy without --with-factory; the vault is the same, without an entry in a registry.',
    details: { address },
  })
}

export function deploymentFileInvalid(file: string, faults: readonly string[]): TillerError {
  return new TillerError('The file is no deployment of a vault.', {
    code: 'CONFIG_DEPLOYMENT_FILE',
    remedy: 'Name the deployment.json that `tiller vault deploy` wrote, unchanged.',
    details: { file, ...Object.fromEntries(faults.map((fault, index) => [`fault ${index + 1}`, fault])) },
  })
}

/** What is at the address does not answer as a Tiller vault. */
export function auditUnreadable(vault: string, block: bigint, reason: string): TillerError {
  return new TillerError('The address can not be audited: it does not answer as a Tiller vault.', {
    code: 'AUDIT_UNREADABLE',
    remedy: 'Give the address of a vault, not of its Guard or its share; check the chain that the configuration names.',
    details: { vault, block, reason },
  })
}

/** The sources of this build are not those of the code on the chain. */
export function verificationMismatch(contract: string, address: string, expected: string, found: string): TillerError {
  return new TillerError('The code on the chain was not made from the sources of this build.', {
    code: 'VERIFICATION_MISMATCH',
    remedy: 'Write the bundle with the version that deployed the vault; its deployment file names it.',
    details: { contract, address, expected, found },
  })
}
