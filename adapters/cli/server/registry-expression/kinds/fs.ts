import { text } from '../../../input/fields.ts'
import { openFolder } from '../../storage.ts'
import { type Kind, kindOf } from '../kind.ts'
import { storeEntries } from '../store.ts'
import { fileAt } from '../surroundings.ts'

/** A folder, relative to that of the file. */
export const fs: Kind = kindOf(
  () => ({ folder: text, ...storeEntries }),
  async ({ folder, ...fields }, opening) => opening.store(await openFolder(fileAt(opening, folder)), fields),
)
