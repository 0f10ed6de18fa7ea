/** Where GraphQL is, and who asks. */
export type Server = { readonly url: string; readonly token: string };

/** One question to /graphql, as any HTTP client asks it; throws with the first error of the answer. */
export async function askGraphql<Answer>(
  { url, token }: Server,
  query: string,
  variables: object = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Answer; errors?: readonly { message: string }[] };
  if (errors?.[0]) throw new Error(errors[0].message);
  return data;
}
