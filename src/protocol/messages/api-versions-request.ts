import { message, type TypeOf, string } from '../schema.js';

export const apiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-4',
  flexible: '3+',
  fields: {
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
  },
});
export interface ApiVersionsRequest extends TypeOf<typeof apiVersionsRequest.fields> {}
