import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

const errors = `library ErrorsLib {
  error Unauthorized(address caller); // error Commented();
  error TooMuch(uint256 amount);
}`

const box = `import { ErrorsLib } from "./ErrorsLib.sol";
import { Base } from "./Base.sol";
contract Box is IBox, Base(1) {
  function put(uint256 amount) external onlyOwner returns (uint256 total) {
    _check(amount); /* ErrorsLib.Commented */
  }
  function _check(uint256 amount) private pure {
    require(amount < 10, ErrorsLib.TooMuch(amount));
  }
  function look() external view returns (uint256) { return 1; }
}`

const base = `import { ErrorsLib } from "./ErrorsLib.sol";
abstract contract Base {
  modifier onlyOwner() { require(msg.sender == owner, ErrorsLib.Unauthorized(msg.sender)); _; }
  function take() external onlyOwner {}
}`

const tests = `contract BoxTest {
  function test_put_keepsWhatIsPut() public {}
  function test_put_moreThan10IsTooMuch() public { ErrorsLib.TooMuch.selector; }
  function testFuzz_onlyTheOwnerComesIn(uint256 amount) public { ErrorsLib.Unauthorized.selector; }
}`

const tree = `# tests: Box.t.sol
Box
├── put
│   ├── keeps what is put
│   ├── when too much is put
│   │   └── more than 10 is too much → TooMuch
│   └── only the owner comes in → Unauthorized
└── take
    └── only the owner comes in → Unauthorized
`

const sound: Record<string, string> = {
  'contracts/ErrorsLib.sol': errors,
  'contracts/Base.sol': base,
  'contracts/Box.sol': box,
  'test/contracts/box/Box.t.sol': tests,
  'test/contracts/box/Box.tree': tree,
}

/** What the check says of a repository of these files: its lines, and whether it found fault. */
function check(files: Record<string, string>, ...options: string[]): { failed: boolean; lines: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'tiller-trees-'))
  roots.push(root)
  for (const [file, text] of Object.entries({ ...sound, ...files })) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const run = ['scripts/check-trees.mjs', '--root', root, ...options]
  try {
    return {
      failed: false,
      lines: execFileSync(process.execPath, run, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n'),
    }
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    expect(stdout).toMatch(/^\d+ faults in \d+ trees of test\/contracts\n$/)
    return { failed: true, lines: stderr.trim().split('\n') }
  }
}

const treeWith = (from: string, to: string) => ({ 'test/contracts/box/Box.tree': tree.replace(from, to) })

describe('the trees of the contract tests', () => {
  test('hold where every leaf has a test, every test a leaf and every error a leaf below its function', () => {
    expect(check({})).toEqual({ failed: false, lines: ['1 trees, 4 leaves, all with their tests'] })
  })

  test('take a leaf for its test by its letters and digits, with or without the branches above it', () => {
    const named = tests.replace('test_put_moreThan10IsTooMuch', 'test_put_whenTooMuchIsPut_moreThan10IsTooMuch')
    const punctuated = treeWith('more than 10 is too much', 'More than 10: is "too much"')
    expect(check({ 'test/contracts/box/Box.t.sol': named, ...punctuated }).failed).toBe(false)
  })

  test('miss the test of a leaf', () => {
    expect(check(treeWith('keeps what is put', 'forgets what is put')).lines).toEqual([
      'test/contracts/box/Box.tree:4: "forgets what is put" has no test: write it, or take the leaf away',
      'test/contracts/box/Box.t.sol: test_put_keepsWhatIsPut has no leaf: add "put keeps what is put" to Box.tree, below what it is about',
    ])
  })

  test('miss the leaf of a test, with the words that it would need', () => {
    const more = tests.replace('}\n}', '}\n  function invariant_q1_nothingIn18Boxes() public {}\n}')
    expect(check({ 'test/contracts/box/Box.t.sol': more }).lines).toEqual([
      'test/contracts/box/Box.t.sol: invariant_q1_nothingIn18Boxes has no leaf: add "q 1 nothing in 18 boxes" to Box.tree, below what it is about',
    ])
  })

  test('miss the branch of a function that changes state, of a base too', () => {
    const [without] = tree.split('└── take')
    expect(check({ 'test/contracts/box/Box.tree': without ?? '' }, '--write').lines).toEqual([
      'test/contracts/box/Box.tree: no branch for Base.take, which can raise Unauthorized',
    ])
  })

  test('leave the functions of a base to its own tree', () => {
    const [own] = tree.split('└── take')
    const ofBase = '# tests: Box.t.sol\nBase\n└── take\n    └── only the owner comes in → Unauthorized\n'
    expect(
      check({ 'test/contracts/box/Box.tree': own ?? '', 'test/contracts/box/Base.tree': ofBase }, '--write').failed,
    ).toBe(false)
  })

  test('miss a custom error that a function can raise by way of what it calls, modifiers included', () => {
    expect(check(treeWith('too much → TooMuch', 'too much')).lines).toEqual([
      'test/contracts/box/Box.tree: put can raise TooMuch, but no leaf under it leads there',
    ])
    expect(check(treeWith('in → Unauthorized\n└', 'in\n└')).lines).toEqual([
      'test/contracts/box/Box.tree: put can raise Unauthorized, but no leaf under it leads there',
    ])
  })

  test('miss a custom error that a contract declares and raises itself', () => {
    const full = box.replace(
      '  function look()',
      '  error Full();\n  function fill() external view { revert Full(); }\n  function look()',
    )
    expect(check({ 'contracts/Box.sol': full }).lines).toEqual([
      'test/contracts/box/Box.tree: no branch for Box.fill, which can raise Full',
    ])
  })

  test('ask for what a function calls in a base, save where the tree of the base answers for it', () => {
    const withHelper = base.replace(
      'take()',
      'take() external {}\n  function _owned() internal view onlyOwner {} function give()',
    )
    const calling = box.replace('onlyOwner returns (uint256 total) {', '{ _owned();')
    const ofBase = `# tests: Box.t.sol\nBase\n├── take\n│   └── only the owner comes in\n└── give\n    └── only the owner comes in → Unauthorized\n`
    const [own = ''] = treeWith('in → Unauthorized\n└', 'in\n└')['test/contracts/box/Box.tree'].split('└── take')
    const files = {
      'contracts/Base.sol': withHelper,
      'contracts/Box.sol': calling,
      'test/contracts/box/Box.tree': own,
      'test/contracts/box/Base.tree': ofBase,
    }
    expect(check(files).lines).toContain(
      'test/contracts/box/Box.tree: put can raise Unauthorized, but no leaf under it leads there',
    )
    const answering = { 'test/contracts/box/Base.tree': `# answers: _owned, onlyOwner\n${ofBase}` }
    expect(check({ ...files, ...answering }).lines).not.toContain(
      'test/contracts/box/Box.tree: put can raise Unauthorized, but no leaf under it leads there',
    )
  })

  test('take an error of a group for every function, and a remark for what cannot happen', () => {
    const group = `# tests: Box.t.sol
# unreachable: put TooMuch: amounts are small
Box
├── every function
│   └── only the owner comes in → Unauthorized
├── put
│   ├── keeps what is put
│   └── more than 10 is too much
└── take
    └── only the owner comes in
`
    expect(check({ 'test/contracts/box/Box.tree': group }).failed).toBe(false)
    const stale = group.replace('put TooMuch', 'take TooMuch').replace('much\n', 'much → TooMuch\n')
    expect(check({ 'test/contracts/box/Box.tree': stale }).lines).toEqual([
      'test/contracts/box/Box.tree:2: take does not raise TooMuch in any case: take the remark away',
    ])
  })

  test('know the errors that they name, and that the tests name them', () => {
    expect(check(treeWith('too much → TooMuch', 'too much → TooMuch, Commented')).lines).toEqual([
      'test/contracts/box/Box.tree:6: no contract declares the error Commented',
    ])
    const silent = tests.replace('ErrorsLib.TooMuch.selector', '')
    expect(check({ 'test/contracts/box/Box.t.sol': silent }).lines).toEqual([
      'test/contracts/box/Box.tree:6: the test of "more than 10 is too much" does not name TooMuch',
    ])
    // Neither does it help that another test names it; what the test calls does.
    const another = silent.replace(
      'keepsWhatIsPut() public {}',
      'keepsWhatIsPut() public { ErrorsLib.TooMuch.selector; }',
    )
    expect(check({ 'test/contracts/box/Box.t.sol': another }).failed).toBe(true)
    const helped = tests
      .replace('{ ErrorsLib.TooMuch.selector; }', '{ _refuses(); }')
      .replace(
        'contract BoxTest {',
        'contract BoxTest {\n  function _refuses() private { ErrorsLib.TooMuch.selector; }',
      )
    expect(check({ 'test/contracts/box/Box.t.sol': helped }).failed).toBe(false)
  })

  test('name functions, contracts and files that exist, and every test file beside them', () => {
    expect(check(treeWith('├── put', '├── put, push')).lines).toEqual([
      'test/contracts/box/Box.tree:3: Box has no function push',
    ])
    expect(check(treeWith('\nBox\n', '\nCrate\n')).lines).toEqual([
      'test/contracts/box/Box.tree: no contract Crate in contracts/',
    ])
    expect(check(treeWith('Box.t.sol', 'Box.t.sol, Lid.t.sol')).lines).toEqual([
      'test/contracts/box/Box.tree: its head names Lid.t.sol, which does not exist',
    ])
    expect(check({ 'test/contracts/box/Lid.t.sol': 'contract LidTest {}' }).lines).toEqual([
      'test/contracts/box/Lid.t.sol: no tree beside it names it: add it to the head of the one whose contract it tests',
    ])
  })

  test('are drawn as trees, by --write where their lines are wrong', () => {
    const crooked = treeWith('│   └── only', '│   ├── only')
    expect(check(crooked).lines).toEqual([
      'test/contracts/box/Box.tree: its branches are not drawn as they stand: npm run check:trees -- --write draws them',
    ])
    expect(check(crooked, '--write').failed).toBe(false)
    expect(readFileSync(join(roots.at(-1) ?? '', 'test/contracts/box/Box.tree'), 'utf8')).toBe(tree)
    expect(check(treeWith('├── put', '|-- put')).lines[0]).toBe(
      'test/contracts/box/Box.tree: line 3 is no branch: |-- put',
    )
    expect(check(treeWith('# tests: Box.t.sol\n', '')).lines[0]).toBe(
      'test/contracts/box/Box.tree: names no test file: begin it with "# tests: A.t.sol, B.t.sol"',
    )
  })
})
