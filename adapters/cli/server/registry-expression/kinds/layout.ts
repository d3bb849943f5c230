import * as v from 'valibot'
import { isName } from '../../../../../src/oci/index.ts'
import { folderLayout, folderLayouts, tarLayout } from '../../../../layout/index.ts'
import { text } from '../../../input/fields.ts'
import { type Kind, kindOf } from '../kind.ts'
import { fileAt } from '../surroundings.ts'

const name = v.pipe(v.string(), v.check(isName, 'must be the name of a repository'))

/** OCI layouts: one for each repository in a folder, or one as the one repository; or an archive, to read. */
export const layout: Kind = kindOf(
  () => ({ folder: v.optional(text), file: v.optional(text), repository: v.optional(name) }),
  async ({ folder, file, repository }, opening) => {
    const options = repository === undefined ? {} : { repository }
    if (file !== undefined) return tarLayout(fileAt(opening, file), options)
    const path = fileAt(opening, folder!)
    const made = repository === undefined ? folderLayouts(path) : folderLayout(path, options)
    opening.onClose(() => made.close())
    return made
  },
  {
    is: ({ folder, file }) => (folder === undefined) !== (file === undefined),
    message: 'must have exactly one of folder and file',
  },
)
