import * as data from '../data.ts'
import { artifact, type DataSet, picture, tagged, unique } from './sets.ts'

/** The data sets of the official suite whose manifests have a subject. */
export const subjectBuilders: readonly (() => DataSet)[] = [
  artifactsWithSubject,
  indexWithSubject,
  missingSubject,
  sha512Subject,
]

function artifactsWithSubject(): DataSet {
  const it = picture()
  const subject = data.descriptor(it.manifest)
  const notes = () => ({ subject, annotations: { 'org.example.note': data.word(), 'org.example.empty': '' } })
  const referrers = [
    picture({ fields: notes() }),
    artifact({ fields: notes() }),
    artifact({ fields: notes() }),
  ]
  return {
    name: 'artifacts-with-subject',
    blobs: unique([it, ...referrers].flatMap((each) => each.blobs)),
    manifests: [tagged(it.manifest), ...referrers.map(({ manifest }) => tagged(manifest))],
  }
}

function indexWithSubject(): DataSet {
  const child = picture()
  const about = data.index([child.manifest])
  const subject = data.descriptor(about)
  const images = [artifact({ fields: { subject } }), artifact({ fields: { subject } })]
  const artifactType = `application/vnd.example.${data.word()}`
  const children = images.map(({ manifest }) => manifest)
  const typed = data.index(children, { artifactType, subject, annotations: { 'org.example.kind': 'index' } })
  const untyped = data.index(children, { subject })
  return {
    name: 'index-with-subject',
    blobs: unique([child, ...images].flatMap((each) => each.blobs)),
    manifests: [child.manifest, about, ...children, typed, untyped].map((each) => tagged(each)),
  }
}

function missingSubject(): DataSet {
  const { blobs, manifest } = artifact({ fields: { subject: data.descriptor(picture().manifest) } })
  return { name: 'missing-subject', blobs, manifests: [tagged(manifest)] }
}

function sha512Subject(): DataSet {
  const it = picture({ algorithm: 'sha512' })
  const subject = data.descriptor(it.manifest)
  const referrer = picture({ algorithm: 'sha512', fields: { subject } })
  return {
    name: 'sha512-subject',
    blobs: [...it.blobs, ...referrer.blobs],
    manifests: [tagged(it.manifest, 0), tagged(referrer.manifest, 0)],
  }
}
