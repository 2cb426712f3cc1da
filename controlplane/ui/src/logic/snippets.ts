// SPDX-License-Identifier: LicenseRef-Project
// Set-up code for each SDK with the project's own token and host filled in.

export interface Snippet {
  id: string;
  label: string;
  /** One line on installing the SDK. */
  install: string;
  code: string;
}

export function curlSnippet(host: string, token: string): string {
  return [
    `curl ${host}/i/v0/e/ -H 'Content-Type: application/json' -d '{`,
    `  "api_key": "${token}",`,
    `  "event": "hello",`,
    `  "distinct_id": "user-1",`,
    `  "properties": {"from": "curl"}`,
    `}'`,
  ].join('\n');
}

function ios(host: string, token: string): string {
  return `import PostHog

// In application(_:didFinishLaunchingWithOptions:) or the App initializer.
let config = PostHogConfig(apiKey: "${token}", host: "${host}")
config.captureApplicationLifecycleEvents = true
PostHogSDK.shared.setup(config)

PostHogSDK.shared.capture("signed_up", properties: ["plan": "free"])`;
}

function android(host: string, token: string): string {
  return `import com.posthog.PostHog
import com.posthog.android.PostHogAndroid
import com.posthog.android.PostHogAndroidConfig

class MyApplication : Application() {
    override fun onCreate() {
        super.onCreate()
        val config = PostHogAndroidConfig(apiKey = "${token}", host = "${host}")
        PostHogAndroid.setup(this, config)
    }
}

PostHog.capture("signed_up", properties = mapOf("plan" to "free"))`;
}

function flutter(host: string, token: string): string {
  return `import 'package:posthog_flutter/posthog_flutter.dart';

Future<void> main() async {
  WidgetsFlutterBinding.ensureInitialized();
  final config = PostHogConfig('${token}');
  config.host = '${host}';
  config.captureApplicationLifecycleEvents = true;
  await Posthog().setup(config);
  runApp(const MyApp());
}

await Posthog().capture(eventName: 'signed_up', properties: {'plan': 'free'});`;
}

function reactNative(host: string, token: string): string {
  return `import { PostHogProvider, usePostHog } from 'posthog-react-native';

export function App() {
  return (
    <PostHogProvider apiKey="${token}" options={{ host: '${host}' }}>
      <Main />
    </PostHogProvider>
  );
}

const posthog = usePostHog();
posthog.capture('signed_up', { plan: 'free' });`;
}

function web(host: string, token: string): string {
  return `import posthog from 'posthog-js';

posthog.init('${token}', {
  api_host: '${host}',
  person_profiles: 'identified_only',
});

posthog.capture('signed_up', { plan: 'free' });`;
}

function node(host: string, token: string): string {
  return `import { PostHog } from 'posthog-node';

const client = new PostHog('${token}', { host: '${host}' });

client.capture({ distinctId: 'user-1', event: 'signed_up', properties: { plan: 'free' } });
await client.shutdown();`;
}

function python(host: string, token: string): string {
  return `from posthog import Posthog

posthog = Posthog("${token}", host="${host}")

posthog.capture("signed_up", distinct_id="user-1", properties={"plan": "free"})
posthog.shutdown()`;
}

/** Phones first: they are what most projects start with. */
export function allSnippets(host: string, token: string): Snippet[] {
  return [
    {
      id: 'ios',
      label: 'iOS',
      install: 'Add the package https://github.com/PostHog/posthog-ios.git in Xcode.',
      code: ios(host, token),
    },
    {
      id: 'android',
      label: 'Android',
      install: 'Add implementation("com.posthog:posthog-android:3.+") to the app’s build file.',
      code: android(host, token),
    },
    {
      id: 'flutter',
      label: 'Flutter',
      install: 'Run flutter pub add posthog_flutter, and set com.posthog.posthog.AUTO_INIT to false in AndroidManifest.xml and Info.plist.',
      code: flutter(host, token),
    },
    {
      id: 'react_native',
      label: 'React Native',
      install: 'Run npm install posthog-react-native.',
      code: reactNative(host, token),
    },
    { id: 'web', label: 'Web', install: 'Run npm install posthog-js.', code: web(host, token) },
    { id: 'node', label: 'Node', install: 'Run npm install posthog-node.', code: node(host, token) },
    { id: 'python', label: 'Python', install: 'Run pip install posthog.', code: python(host, token) },
    { id: 'curl', label: 'curl', install: 'Nothing to install.', code: curlSnippet(host, token) },
  ];
}
