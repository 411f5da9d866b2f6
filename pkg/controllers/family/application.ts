import type { Application } from '../../apis/application.ts';
import { applicationResource } from '../../apis/application.ts';
import { applicationRevisionResource } from '../../apis/application-revision.ts';
import { labels } from '../../apis/names.ts';
import { resourceTrackerResource } from '../../apis/resource-tracker.ts';
import { applicationKeys } from '../../scheduling/sharded-kind.ts';
import { Families } from './families.ts';

/** Applications with their trackers and revisions. */
export const applicationFamilies = new Families<Application>({
  resource: applicationResource,
  keys: applicationKeys,
  members: [
    {
      resource: resourceTrackerResource,
      selectionOf: ({ name, namespace = '' }) => ({
        labelSelector: `${labels.appName}=${name},${labels.appNamespace}=${namespace}`,
      }),
    },
    {
      resource: applicationRevisionResource,
      selectionOf: ({ name, namespace }) => ({ namespace, labelSelector: `${labels.appName}=${name}` }),
    },
  ],
});
