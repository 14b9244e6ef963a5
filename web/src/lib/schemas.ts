// The objects of the admin API. api_types.ts is generated from api/openapi.yaml: npm run api.
import type { components } from './api_types';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
