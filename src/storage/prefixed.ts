import type { Contents, Storage } from './contract.ts'

/**
 * A part of a storage, as if it were one of its own: a tenant's. Nothing of another part can be seen through it.
 * Closing it closes nothing: the storage is that of others, too.
 *
 * @param prefix Begins every key and place, as in `t/red/`. No prefix may begin another.
 * @throws TypeError for a prefix that is empty or does not end in a slash.
 */
export function prefixed(storage: Storage, prefix: string): Storage {
  if (!/^(?:[a-z0-9][a-z0-9._-]*\/)+$/.test(prefix))
    throw new TypeError('a prefix is lower-case letters, digits, dots and dashes, and ends in a slash')
  const { records, contents, traits } = storage
  // An empty key stays one, for the driver to refuse.
  const at = (key: string): string => (key === '' ? '' : prefix + key)
  const off = (key: string): string => key.slice(prefix.length)
  return {
    traits: { ...traits, maxKey: traits.maxKey - prefix.length },
    records: {
      get: (key, options) => records.get(at(key), options),
      create: (key, value, options) => records.create(at(key), value, options),
      put: (key, value, options) => records.put(at(key), value, options),
      remove: (key, version, options) => records.remove(at(key), version, options),
      drop: (keys, options) => records.drop(keys.map(at), options),
      async *list(under, { after, ...options } = {}) {
        const from = after === undefined ? {} : { after: prefix + after }
        for await (const { key, ...entry } of records.list(prefix + under, { ...options, ...from }))
          yield { ...entry, key: off(key) }
      },
    },
    contents: prefixedContents(contents, prefix, at, off),
  }
}

function prefixedContents(
  contents: Contents,
  prefix: string,
  at: (place: string) => string,
  off: (place: string) => string,
): Contents {
  const { fork, list, url } = contents
  return {
    pieces: contents.pieces,
    verifies: contents.verifies,
    write: async (place, body, options) => off(await contents.write(at(place), body, options)),
    open: (place, options) => contents.open(at(place), options),
    piece: (place, handle, where, body, options) => contents.piece(at(place), handle, where, body, options),
    seal: async (place, handle, pieces, options) =>
      off(await contents.seal(at(place), handle, pieces, options)),
    abandon: (place, handle, options) => contents.abandon(at(place), handle, options),
    size: (place, options) => contents.size(at(place), options),
    read: (place, range, options) => contents.read(at(place), range, options),
    remove: (places, options) => contents.remove(places.map(at), options),
    ...(fork && {
      fork: (place, handle, to, size, options) =>
        fork.call(contents, at(place), handle, at(to), size, options),
    }),
    ...(url && { url: (place, options) => url.call(contents, at(place), options) }),
    ...(list && {
      async *list(under, { after, ...options } = {}) {
        const from = after === undefined ? {} : { after: prefix + after }
        for await (const content of list.call(contents, prefix + under, { ...options, ...from }))
          yield { ...content, place: off(content.place) }
      },
    }),
  }
}
