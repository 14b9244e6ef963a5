// What the API has, as api/openapi.yaml says: filled in when the panel is built.
declare const API_PATHS: readonly string[];
declare const API_OPERATIONS: readonly string[];

export const isInApi = (path: string): boolean => API_PATHS.includes(path);
export const hasOperation = (id: string): boolean => API_OPERATIONS.includes(id);
