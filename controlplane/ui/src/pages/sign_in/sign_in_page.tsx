// SPDX-License-Identifier: LicenseRef-Project
// The sign-in form. It stands at whatever address was asked for, which opens once signed in.
import { Alert, Box, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { CircleAlert } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { errorDetail } from '@/api/errors';
import { useSignIn } from '@/api/session';
import { Logo } from '@/shell/logo';

export function SignInPage() {
  useDocumentTitle('Sign in · Bristle');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useSignIn();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ email: email.trim(), password });
  };

  return (
    <main className="sign_in_backdrop">
      <Box w="100%" maw={400}>
        <Box mb="lg">
          <Logo size={34} />
        </Box>
        <Box className="surface" p="xl">
          <Title order={1} fz={20}>
            Sign in
          </Title>
          <Text c="dimmed" fz="sm" mt={4} mb="lg">
            Use the login that <code>make run</code> printed.
          </Text>
          <form onSubmit={submit}>
            <Stack>
              {signIn.isError && (
                <Alert color="red" role="alert" icon={<CircleAlert size={18} />} py="xs">
                  <Text fz="sm">{errorDetail(signIn.error)}</Text>
                </Alert>
              )}
              <TextInput
                label="Email"
                type="email"
                name="email"
                autoComplete="username"
                required
                withAsterisk={false}
                autoFocus
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
              />
              <PasswordInput
                label="Password"
                name="password"
                autoComplete="current-password"
                required
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                visibilityToggleButtonProps={{ 'aria-label': 'Show password', tabIndex: 0 }}
              />
              <Button type="submit" loading={signIn.isPending} fullWidth mt="xs">
                Sign in
              </Button>
            </Stack>
          </form>
        </Box>
      </Box>
    </main>
  );
}
