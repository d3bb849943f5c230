/**
 * A browser without a window, which runs a script in a page.
 * @module
 */

import { accessSync, constants } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { startDaemon, temporaryFolder } from '../../clients/process.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Where Chromium is, or null. */
export function findBrowser(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isCommand)
  return found ?? null
}

function isCommand(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run']

/**
 * Runs a module in a page, with a query, until it posts to `/outcomes`.
 * @returns what it has posted.
 */
export async function inPage(browser: string, script: string, query: URLSearchParams): Promise<string> {
  const folder = await temporaryFolder()
  let told: string | null = null
  const tell = (outcomes: string): void => {
    told = outcomes
  }
  const server = createServer((request, response) => answer(request, response, script, tell))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const page = `http://127.0.0.1:${port}/?${query}`
  const flags = [...FLAGS, `--user-data-dir=${folder.at('profile')}`, page]
  try {
    const daemon = await startDaemon(browser, flags, () => told !== null, { timeout: 60_000 })
    await daemon.stop()
    return told!
  } finally {
    server.closeAllConnections()
    server.close()
    await folder.remove()
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  script: string,
  done: (outcomes: string) => void,
): void {
  const path = request.url?.split('?')[0]
  if (path === '/outcomes') {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      response.end()
      done(body)
    })
  } else if (path === '/page.js') {
    response.setHeader('content-type', 'text/javascript').end(script)
  } else {
    response.setHeader('content-type', 'text/html').end('<script type="module" src="/page.js"></script>')
  }
}
