/**
 * Numbers that are counted, and their text in the format of Prometheus (text-based format 0.0.4).
 * @module
 */

/** What tells the series of a family apart; few values each, never names of repositories. */
type Labels = Readonly<Record<string, string>>

/** A family of series. */
interface Family {
  /** Its lines, with a line break behind each. */
  text(): string
}

/** A number that only grows. */
export interface Counter extends Family {
  add(labels: Labels, amount?: number): void
}

/** A number that grows and shrinks. */
export interface Gauge extends Family {
  add(amount: number): void
}

/** How often values were how large. */
export interface Histogram extends Family {
  observe(labels: Labels, value: number): void
}

/** Makes a counter. Its name ends in `_total`. */
export function counter(name: string, help: string): Counter {
  const series = new Map<string, number>()
  return {
    add(labels, amount = 1) {
      const key = labelsText(labels)
      series.set(key, (series.get(key) ?? 0) + amount)
    },
    text: () =>
      head(name, 'counter', help) + [...series].map(([key, value]) => line(name, key, value)).join(''),
  }
}

/** Makes a gauge. */
export function gauge(name: string, help: string): Gauge {
  let value = 0
  return {
    add(amount) {
      value += amount
    },
    text: () => gaugeText(name, help, value),
  }
}

/** A gauge whose value is known elsewhere. */
export function gaugeText(name: string, help: string, value: number): string {
  return head(name, 'gauge', help) + line(name, '', value)
}

/** Makes a histogram with these upper bounds, ascending. */
export function histogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>()
  return {
    observe(labels, value) {
      const key = labelsText(labels)
      let one = series.get(key)
      if (!one) {
        one = { labels, counts: bounds.map(() => 0), sum: 0, count: 0 }
        series.set(key, one)
      }
      one.sum += value
      one.count++
      const at = bounds.findIndex((bound) => value <= bound)
      if (at >= 0) one.counts[at]!++
    },
    text() {
      let text = head(name, 'histogram', help)
      for (const [key, { labels, counts, sum, count }] of series) {
        let below = 0
        for (const [at, bound] of bounds.entries()) {
          below += counts[at]!
          text += line(`${name}_bucket`, labelsText({ ...labels, le: String(bound) }), below)
        }
        text += line(`${name}_bucket`, labelsText({ ...labels, le: '+Inf' }), count)
        text += line(`${name}_sum`, key, sum) + line(`${name}_count`, key, count)
      }
      return text
    },
  }
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels} ${value}\n`
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
