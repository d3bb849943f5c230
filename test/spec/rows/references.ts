import { blobAt, manifestAt, pushBlob, pushed, putManifest, send } from '../api.ts'
import * as check from '../check.ts'
import * as data from '../data.ts'
import type { Row, Target } from '../target.ts'

/** What a manifest refers to must be there, unless it need not. */
export const rows: Row[] = [
  row('all that is missing is told, once each', async (target) => {
    const [config, here, absent, other] = [data.config(), data.blob(), data.blob(), data.blob()]
    await pushBlob(target, target.repo1, here)
    await refused(target, data.image(config, [here, absent, other, absent]), [config, absent, other])
  }),
  row('config missing', async (target) => {
    const config = data.config()
    await refused(target, data.image(config, []), [config])
  }),
  row('layer missing, sha512', async (target) => {
    const [config, layer] = [data.config({}, 'sha512'), data.blob(512, 'sha512')]
    await pushBlob(target, target.repo1, config)
    await refused(target, data.image(config, [layer], {}, 'sha512'), [layer])
  }),
  row('child of an index missing', async (target) => {
    const [here, absent] = [data.bareIndex(), data.bareIndex()]
    check.status(await putManifest(target, target.repo1, here.digest, here), 201)
    await refused(target, data.index([here, absent]), [absent])
  }),
  row('a blob that only another repository has', async (target) => {
    const config = data.config()
    await pushBlob(target, target.repo2, config)
    await refused(target, data.image(config, []), [config])
    await send(target, 'DELETE', blobAt(target.repo2, config.digest))
  }),
  row('a child that only another repository has', async (target) => {
    const child = data.bareIndex()
    check.status(await putManifest(target, target.repo2, child.digest, child), 201)
    await refused(target, data.index([child]), [child])
  }),
  row('the child of an index may be a blob', async (target) => {
    const layer = data.blob()
    await pushBlob(target, target.repo1, layer)
    const it = data.index([layer])
    await pushed(target, await putManifest(target, target.repo1, it.digest, it), it)
  }),
  row('the subject need not be there', async (target) => {
    const it = data.bareIndex({ subject: data.descriptor(data.bareIndex()) })
    await pushed(target, await putManifest(target, target.repo1, it.digest, it), it)
  }),
  row('foreign layers need not be there', async (target) => {
    const config = data.config()
    await pushBlob(target, target.repo1, config)
    const urls = ['https://content.example/layer']
    const layers = [data.LAYER_FOREIGN, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'].map(
      (type) => data.descriptor(data.blob(64, 'sha256', type), { urls }),
    )
    const it = data.image(config, [], { layers })
    await pushed(target, await putManifest(target, target.repo1, it.digest, it), it)
  }),
]

function row(name: string, run: (target: Target) => Promise<void>): Row {
  return { name: `references/${name}`, needs: 'strict', run }
}

async function refused(target: Target, it: data.Manifest, missing: readonly data.Content[]): Promise<void> {
  for (const reference of [it.digest, data.word()]) {
    const entries = check.error(
      await putManifest(target, target.repo1, reference, it),
      404,
      'MANIFEST_BLOB_UNKNOWN',
    )
    for (const { code } of entries) check.same(code, 'MANIFEST_BLOB_UNKNOWN', 'the code of every entry')
    check.same(entries.length, missing.length, 'the number of entries')
    for (const { digest } of missing) {
      const told = entries.filter((entry) => JSON.stringify(entry.detail ?? '').includes(digest))
      check.same(told.length, 1, `the number of entries whose detail holds ${digest}`)
    }
    check.status(await send(target, 'GET', manifestAt(target.repo1, reference)), 404)
  }
}
