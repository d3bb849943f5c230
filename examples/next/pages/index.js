export default function Home() {
  return <p>the registry is at /v2/</p>
}
