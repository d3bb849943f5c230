import { putBlob } from '../push.ts'
import type { Row } from '../row.ts'
import { bytes } from '../scale.ts'
import { runClient } from './client.ts'
import { pushImage } from './image.ts'

/** What many wait for who want an image that was never pulled before. */
export const firstPull: Row = {
  name: 'first-pull',
  title: ({ clients, image }) => `first byte of a layer of ${bytes(image)}, ${clients} first pulls at once`,
  unit: 'ms',
  better: 'less',
  needs: ['curl'],
  space: ({ image }) => image * 2,
  async measure({ server, repository, payloads, scale }) {
    const pushedTo = repository.replace(server.url, server.upstream ?? server.url)
    await pushImage(pushedTo)
    const layer = await payloads.fresh(scale.image)
    await putBlob(pushedTo, layer)
    return Number(await runClient('first-byte', [repository, layer.digest, layer.size, scale.clients]))
  },
}
