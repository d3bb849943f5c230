import { expect, test } from 'vitest'
import { createStore, memory } from '../../src/index.ts'
import { recording } from './recording.ts'

test('a request that is killed while it gets the signing keys holds up no other', async () => {
  let killed = false
  const on = recording(memory(), () => {
    if (killed) return
    killed = true
    return new Promise(() => {})
  })
  const store = createStore({ storage: on.storage })
  void store.startUpload('a')
  const { id } = await store.startUpload('a')
  expect(await store.uploadStatus('a', id)).toMatchObject({ offset: 0 })
})

test('requests that come together, at several replicas, agree on the signing keys; they are read once', async () => {
  const on = recording(memory())
  const replicas = [1, 2, 3].map(() => createStore({ storage: on.storage }))
  const begun = await Promise.all([...replicas, ...replicas].map((store) => store.startUpload('a')))
  on.clear()
  for (const store of replicas)
    for (const { id } of begun) expect((await store.uploadStatus('a', id)).offset).toBe(0)
  expect(on.of('records.get', 'config/')).toEqual([])
})
