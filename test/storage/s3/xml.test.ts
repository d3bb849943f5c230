import { expect, test } from 'vitest'
import { element, elementsOf, textOf, textsOf } from '../../../adapters/storage/s3/xml.ts'

const LIST = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>2</KeyCount><Prefix/>
<Contents><Key>a&amp;b</Key><Owner><ID>1</ID></Owner></Contents>
<Contents ><Key>c&#x20;&#34;d</Key></Contents><NextKeyMarker attr="x"></NextKeyMarker></ListBucketResult>`

test('elements and their text', () => {
  expect(elementsOf(LIST, 'Contents').map((entry) => textOf(entry, 'Key'))).toEqual(['a&b', 'c "d'])
  expect(textsOf(LIST, 'Key')).toEqual(['a&b', 'c "d'])
  expect(textOf(LIST, 'Prefix')).toBe('')
  expect(textOf(LIST, 'NextKeyMarker')).toBe('')
  expect(textOf(LIST, 'KeyMarker')).toBe(undefined)
  expect(textOf(LIST, 'KeyC')).toBe(undefined)
  expect(textOf('<s3:Error><s3:Code>X</s3:Code></s3:Error>', 'Code')).toBe('X')
})

test('entities are read once', () => {
  expect(textOf('<Key>&amp;lt;&lt;&gt;&apos;&quot;&#13;&#x1F600;&bogus;&</Key>', 'Key')).toBe(
    '&lt;<>\'"\r😀&bogus;&',
  )
  expect(textOf('<Key>&#9999999;</Key>', 'Key')).toBe('&#9999999;')
})

test('what is not XML has no elements', () => {
  for (const text of ['', '<html>busy', '<Key>', '</Key><Key>', '<Key', 'Key'])
    expect(textsOf(text, 'Key')).toEqual([])
})

test('a long answer that never ends an element is read in time', () => {
  expect(elementsOf('<Key '.repeat(20_000), 'Key')).toEqual([])
  expect(elementsOf('<Key>'.repeat(2_000), 'Key')).toEqual([])
})

test('what is written comes back', () => {
  const odd = `<a>&"' \r\n;&lt;`
  expect(textOf(element('Delete', [element('Key', odd)]), 'Key')).toBe(odd)
})
