/** The page: who is signed in, and which screen they see. */
export function App() {
  return <main>Labelwright</main>;
}
