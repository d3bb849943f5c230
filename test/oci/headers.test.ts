import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextLink, parseChallenges } from '../../src/oci/index.ts'

const read = (header: string | null) =>
  parseChallenges(header).map(({ scheme, params }) => [scheme, Object.fromEntries(params)])

const challenges: [string | null, [string, Record<string, string>][]][] = [
  [null, []],
  ['', []],
  ['Basic', [['basic', {}]]],
  ['Basic realm="a, b"', [['basic', { realm: 'a, b' }]]],
  ['BASIC REALM=x', [['basic', { realm: 'x' }]]],
  [
    'Bearer realm="https://a.test/token?x=y",service="s",scope="repository:a:pull,push repository:b:pull"',
    [
      [
        'bearer',
        {
          realm: 'https://a.test/token?x=y',
          service: 's',
          scope: 'repository:a:pull,push repository:b:pull',
        },
      ],
    ],
  ],
  [
    'Bearer realm = "x" , error="insufficient_scope"',
    [['bearer', { realm: 'x', error: 'insufficient_scope' }]],
  ],
  [
    'Basic realm="a", Bearer realm="b"',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ],
  ],
  [
    'Negotiate, Basic realm="a"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a' }],
    ],
  ],
  [
    'Negotiate YWJj==, Bearer realm="b"',
    [
      ['negotiate', {}],
      ['bearer', { realm: 'b' }],
    ],
  ],
  ['Basic realm="a \\"quoted\\" \\\\ one"', [['basic', { realm: 'a "quoted" \\ one' }]]],
  ['Bearer realm="unended', [['bearer', { realm: 'unended' }]]],
  ['Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
  ['Bearer scope="",realm=', [['bearer', { scope: '', realm: '' }]]],
  [',, ;Basic realm="a"', [['basic', { realm: 'a' }]]],
]

describe('challenges', () => {
  test.each(challenges)('%s', (header, expected) => {
    expect(read(header)).toEqual(expected)
  })

  test('any text is read, in linear time', () => {
    const unit = fc.constantFrom('a', '=', '"', '\\', ',', ' ', 'Basic', 'realm', '\u00e9')
    fc.assert(fc.property(fc.array(unit), (parts) => void parseChallenges(parts.join(''))))
    const started = performance.now()
    for (const each of ['a', 'a=', 'a="', '"', '\\', ', ', 'a b', '=', 'a=" \\'])
      parseChallenges(each.repeat(100_000))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

const links: [string | null, string | null][] = [
  [null, null],
  ['', null],
  ['nonsense', null],
  ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
  ['</p>; rel=next', '/p'],
  ['</p>; rel="last next"', '/p'],
  ['</p>;title="x";REL="NEXT"', '/p'],
  ['</p>', '/p'],
  ['</prev>; rel="prev"', null],
  ['</prev>; rel="prev", </next>; rel="next"', '/next'],
  ['</a>, </b>', null],
  ['<https://a.test/x,y;z>; rel="next"', 'https://a.test/x,y;z'],
]

test.each(links)('link %s', (header, expected) => {
  expect(nextLink(header)).toBe(expected)
})

test('links of any text, in linear time', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', ';', ',', 'rel', '=', '"', 'next', ' ') }),
      (text) => void nextLink(text),
    ),
  )
  const started = performance.now()
  for (const each of ['<', '<>', '<>;', '<a>; rel="', ' ', '>']) nextLink(each.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(5000)
})
