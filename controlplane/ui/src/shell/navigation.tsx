// SPDX-License-Identifier: LicenseRef-Project
// The list of pages at the left edge.
import { Stack, Text } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { usePlaceGroups } from './places';

export function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const [location] = useLocation();
  const groups = usePlaceGroups();
  return (
    <Stack gap="lg">
      {groups.map((group) => (
        <div key={group.label}>
          <Text fz={11} fw={600} c="dimmed" tt="uppercase" px={10} mb={4} lts="0.05em">
            {group.label}
          </Text>
          <Stack gap={2} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
            {group.places.map(({ path, label, icon: Icon }) => (
              <li key={path}>
                <Link
                  href={path}
                  className="navigation_link"
                  aria-current={location === path ? 'page' : undefined}
                  onClick={onNavigate}
                >
                  <Icon size={17} aria-hidden />
                  {label}
                </Link>
              </li>
            ))}
          </Stack>
        </div>
      ))}
    </Stack>
  );
}
