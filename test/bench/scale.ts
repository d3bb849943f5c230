/**
 * How large everything is.
 * @module
 */

/** The sizes of a run. */
export interface Scale {
  /** Seconds of a load, and of its warm-up. */
  readonly load: number
  readonly warmUp: number
  /** Turns of a round, for rows that have them; a second each. */
  readonly turns: number
  /** Bytes of a layer, of a large one, and of one that does not fit anywhere. */
  readonly layer: number
  readonly large: number
  readonly huge: number
  /** How many small blobs, and over how many connections. */
  readonly blobs: number
  readonly connections: number
  readonly tags: number
  /** Of a small registry, and of a large one. */
  readonly small: Size
  readonly big: Size
  /** Clients that pull an image at once, and bytes of its layer. */
  readonly clients: number
  readonly image: number
  /** Layers of an image that is copied, bytes of each, and bytes in a second of a connection that is capped. */
  readonly layers: number
  readonly part: number
  readonly cap: number
  /** Slow pulls at a time, and for how many seconds. */
  readonly pulls: number
  readonly pullTime: number
}

/** How much a registry holds: repositories, and tags of one of them. */
export interface Size {
  readonly repositories: number
  readonly tags: number
}

export const MIB: number = 1024 * 1024

export const FULL: Scale = {
  load: 2,
  warmUp: 1,
  turns: 6,
  layer: 256 * MIB,
  large: 1024 * MIB,
  huge: 4096 * MIB,
  blobs: 500,
  connections: 16,
  tags: 10_000,
  small: { repositories: 1_000, tags: 1_000 },
  big: { repositories: 100_000, tags: 1_000_000 },
  clients: 200,
  image: 16 * MIB,
  layers: 8,
  part: 64 * MIB,
  cap: 50e6,
  pulls: 64,
  pullTime: 5,
}

/** Enough to see that everything works. */
export const SMOKE: Scale = {
  load: 1,
  warmUp: 0,
  turns: 1,
  layer: MIB,
  large: 4 * MIB,
  huge: 16 * MIB,
  blobs: 20,
  connections: 4,
  tags: 30,
  small: { repositories: 300, tags: 300 },
  big: { repositories: 3_000, tags: 3_000 },
  clients: 8,
  image: MIB,
  layers: 3,
  part: MIB,
  cap: 50e6,
  pulls: 8,
  pullTime: 1,
}

/** Bytes as people say them. */
export function bytes(size: number): string {
  return size >= 1024 * MIB ? `${size / MIB / 1024} GiB` : `${Math.round(size / MIB)} MiB`
}
