<#
.SYNOPSIS
Collects what tells why a VPN connection of this Windows machine fails (L2TP/IPsec, PPTP, SSTP), without its secrets.

.DESCRIPTION
Writes causeway-bundle.zip for `causeway doctor read`. Needs PowerShell 5.1 and nothing else; changes nothing on the machine.
Works for any user; as administrator it also gets the security log and the server's settings. What was left out is said at
the end and stands in the bundle.

Pre-shared keys and passwords are not collected: Windows keeps them where this script does not look, and values whose names
say that they are secret are replaced.

.PARAMETER Scope
Who is affected: user, site or everyone. Asked for when it is not given.

.PARAMETER Side
What this machine is: client or server. Asked for when it is not given.

.PARAMETER Days
How many days of events are taken.

.PARAMETER Output
The file to write.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File causeway-collect.ps1 -Scope user -Side client
#>
[CmdletBinding()]
param(
    [ValidateSet('', 'user', 'site', 'everyone')] [string] $Scope = '',
    [ValidateSet('', 'client', 'server')] [string] $Side = '',
    [ValidateRange(1, 365)] [int] $Days = 7,
    [string] $Output = (Join-Path (Get-Location).ProviderPath 'causeway-bundle.zip')
)

$ErrorActionPreference = 'Stop'
$utf8 = New-Object System.Text.UTF8Encoding($false)
$leftOut = New-Object System.Collections.Generic.List[string]

function Read-Choice([string] $Question, [hashtable] $Choices) {
    if (-not [Environment]::UserInteractive) { return '' }
    try { $answer = Read-Host $Question } catch { return '' }
    if ([string]::IsNullOrEmpty($answer)) { return '' }
    $first = $answer.Substring(0, 1).ToLowerInvariant()
    if ($Choices.ContainsKey($first)) { return $Choices[$first] }
    return ''
}

if ($Scope -eq '') {
    $Scope = Read-Choice 'Who cannot connect: one [u]ser, everybody at one [s]ite, [e]veryone? (Enter: not known)' `
        @{ u = 'user'; s = 'site'; e = 'everyone' }
}
if ($Side -eq '') {
    $Side = Read-Choice 'Is this machine the [c]lient that dials or the [s]erver? (Enter: not known)' `
        @{ c = 'client'; s = 'server' }
}

$Output = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Output)
$principal = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
$administrator = $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
$work = Join-Path ([IO.Path]::GetTempPath()) ('causeway-collect-' + [Guid]::NewGuid().ToString('N'))
$into = Join-Path $work 'causeway-bundle'
[void] (New-Item -ItemType Directory -Path $into)

# A value behind a name that says that it is secret, in lists, .reg files, JSON and .pbk files.
$secret = '(?im)^(?<name>.*?(?:(?<![a-z])pass|password|passwd|passphrase|secret|psk|shared[-_]?key|api[-_]?key|token)[\w-]*["'']?[ \t]*[=:]+)(?<value>.*?)(?<end>\r?)$'

function Protect-Text([string] $Text) {
    # The kind of authentication is no secret: L2tpIPsecAuth says "Psk" as a value, not as a name.
    return [regex]::Replace($Text, $secret, '${name} ***${end}')
}

function Save-Text([string] $Name, $Content) {
    $text = (@($Content) -join "`r`n") + "`r`n"
    if ($text.Trim().Length -gt 0) {
        [IO.File]::WriteAllText((Join-Path $into $Name), (Protect-Text $text), $utf8)
    }
}

# Runs one part; what fails is said, and the other parts go on.
function Invoke-Part([string] $PartName, [scriptblock] $PartBlock) {
    # Blocks see the variables of whoever calls them, so these have names that no caller uses.
    try { & $PartBlock } catch { $leftOut.Add(('{0}: {1}' -f $PartName, ($_.Exception.Message -replace '\s+', ' '))) }
}

# The output of a program of Windows. Its errors are part of what it says.
function Save-Command([string] $Name, [string] $Program, [string[]] $Arguments) {
    Invoke-Part $Name {
        if (-not (Get-Command $Program -CommandType Application -ErrorAction SilentlyContinue)) { return }
        $ErrorActionPreference = 'Continue'
        Save-Text $Name (& $Program @Arguments 2>&1 | ForEach-Object { "$_" })
    }
}

function Save-Json([string] $Name, [scriptblock] $Objects) {
    Invoke-Part $Name {
        $collected = @(& $Objects)
        if ($collected.Count -gt 0) { Save-Text $Name (ConvertTo-Json -InputObject $collected -Depth 4) }
    }
}

function Save-Events([string] $Name, [hashtable] $Filter) {
    Invoke-Part $Name {
        $Filter['StartTime'] = (Get-Date).AddDays(-$Days)
        try {
            $events = @(Get-WinEvent -FilterHashtable $Filter -MaxEvents 2000)
        } catch {
            if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { return }
            if ($_.FullyQualifiedErrorId -like 'NoMatchingProvidersFound*') { return }
            throw
        }
        $lines = New-Object System.Collections.Generic.List[string]
        $lines.Add('<Events>')
        foreach ($event in $events) { $lines.Add($event.ToXml()) }
        $lines.Add('</Events>')
        [IO.File]::WriteAllText((Join-Path $into $Name), ($lines -join "`r`n"), $utf8)
    }
}

function Save-Registry([string] $Name, [string] $Key) {
    Invoke-Part $Name {
        if (-not (Test-Path -LiteralPath "Registry::$Key")) { return }
        $file = Join-Path $work $Name
        $ErrorActionPreference = 'Continue'
        & reg.exe export $Key $file /y 2>&1 | Out-Null
        if (-not (Test-Path -LiteralPath $file)) { throw 'no permission' }
        [IO.File]::WriteAllText((Join-Path $into $Name), (Protect-Text ([IO.File]::ReadAllText($file))), $utf8)
        Remove-Item -LiteralPath $file
    }
}

try {
    # Events: the dialer, the server, services, updates, and the audit of IKE and of NPS.
    Save-Events 'events-rasclient.xml' @{ LogName = 'Application'; ProviderName = 'RasClient' }
    Save-Events 'events-remoteaccess.xml' @{ LogName = 'System'; ProviderName = 'RemoteAccess' }
    Save-Events 'events-rasman.xml' @{ LogName = 'System'; ProviderName = 'RasMan' }
    Save-Events 'events-services.xml' @{
        LogName = 'System'; ProviderName = 'Service Control Manager'; Id = 7000, 7001, 7023, 7024, 7031, 7034, 7036
    }
    Save-Events 'events-updates.xml' @{ LogName = 'System'; ProviderName = 'Microsoft-Windows-WindowsUpdateClient'; Id = 19 }
    if ($administrator) {
        Save-Events 'events-security.xml' @{
            LogName = 'Security'
            Id = 4650, 4651, 4652, 4653, 4654, 4655, 4976, 4977, 5049, 5451, 5452, 5453, 6272, 6273, 6274
        }
    } else {
        $leftOut.Add('the security log and what else only an administrator may read')
    }

    # Registry: the keys whose values decide about a connection.
    $services = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
    Save-Registry 'reg-rasman.reg' "$services\RasMan\Parameters"
    Save-Registry 'reg-policyagent.reg' "$services\PolicyAgent"
    Save-Registry 'reg-ikeext.reg' "$services\IKEEXT"
    Save-Registry 'reg-ipsec.reg' "$services\IPSec"
    Save-Registry 'reg-remoteaccess-policy.reg' "$services\RemoteAccess\Policy"
    Save-Registry 'reg-remoteaccess-parameters.reg' "$services\RemoteAccess\Parameters"
    Save-Registry 'reg-lsa.reg' 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Lsa'
    Save-Registry 'reg-adapters.reg' `
        'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}'
    Save-Command 'reg-forwarding.txt' 'reg.exe' @(
        'query', "$services\Tcpip\Parameters", '/v', 'IPEnableRouter')

    # The machine.
    Save-Json 'services.json' {
        Get-Service -Name PolicyAgent, IKEEXT, BFE, RasMan, RemoteAccess, SstpSvc, TapiSrv, mpssvc, IAS `
            -ErrorAction SilentlyContinue | Select-Object Name, Status, StartType
    }
    Save-Json 'hotfixes.json' { Get-HotFix | Select-Object HotFixID, Description, InstalledOn }
    Save-Json 'system.json' {
        Get-CimInstance Win32_OperatingSystem | Select-Object Caption, Version, LastBootUpTime
    }
    Save-Json 'miniports.json' {
        if (Get-Command Get-PnpDevice -ErrorAction SilentlyContinue) {
            Get-PnpDevice -FriendlyName 'WAN Miniport*' -ErrorAction SilentlyContinue |
                Select-Object FriendlyName, Status, InstanceId
        }
    }
    Save-Command 'ipconfig.txt' 'ipconfig.exe' @('/all')
    Save-Command 'route.txt' 'route.exe' @('print')
    Save-Command 'netstat.txt' 'netstat.exe' @('-ano')
    Save-Command 'netsh-interfaces.txt' 'netsh.exe' @('interface', 'ipv4', 'show', 'subinterfaces')

    # Connections of this user and of all users.
    $connection = 'Name', 'ServerAddress', 'TunnelType', 'AuthenticationMethod', 'EncryptionLevel', 'L2tpIPsecAuth',
        'SplitTunneling', 'ConnectionStatus'
    if (Get-Command Get-VpnConnection -ErrorAction SilentlyContinue) {
        Save-Json 'connections.json' { Get-VpnConnection | Select-Object $connection }
        Save-Json 'connections-all-users.json' { Get-VpnConnection -AllUserConnection | Select-Object $connection }
    }
    foreach ($place in @($env:APPDATA, $env:ProgramData)) {
        if (-not $place) { continue }
        $book = Join-Path $place 'Microsoft\Network\Connections\Pbk\rasphone.pbk'
        Invoke-Part $book {
            if (Test-Path -LiteralPath $book) {
                $name = if ($place -eq $env:APPDATA) { 'rasphone.pbk' } else { 'rasphone-all-users.pbk' }
                Save-Text $name ([IO.File]::ReadAllText($book))
            }
        }
    }

    # The server.
    if ($administrator) {
        Save-Json 'main-mode.json' {
            if (Get-Command Get-NetIPsecMainModeSA -ErrorAction SilentlyContinue) {
                Get-NetIPsecMainModeSA | Select-Object Name, LocalEndpoint, RemoteEndpoint, LocalFirstAuthMethod, InitiatorCookie
            }
        }
        if (Get-Command Get-RemoteAccess -ErrorAction SilentlyContinue) {
            Save-Json 'remote-access.json' { Get-RemoteAccess | Select-Object VpnStatus, VpnS2SStatus, RoutingStatus }
        }
        Save-Command 'netsh-ras.txt' 'netsh.exe' @('ras', 'show', 'registeredserver')
        $nps = Join-Path $env:SystemRoot 'System32\LogFiles'
        Invoke-Part 'the log of NPS' {
            $log = Get-ChildItem -Path $nps -Filter 'IN*.log' -ErrorAction SilentlyContinue |
                Sort-Object LastWriteTime | Select-Object -Last 1
            if ($log) { Save-Text 'nps.log' (Get-Content -LiteralPath $log.FullName -Tail 5000) }
        }
    }

    $about = New-Object System.Collections.Generic.List[string]
    $about.Add('causeway-collect 1')
    $about.Add('collected: ' + (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ'))
    if ($Scope -ne '') { $about.Add("scope: $Scope") }
    if ($Side -ne '') { $about.Add("side: $Side") }
    foreach ($what in $leftOut) { $about.Add("left out: $what") }
    [IO.File]::WriteAllText((Join-Path $into 'about.txt'), (($about -join "`r`n") + "`r`n"), $utf8)

    Add-Type -AssemblyName System.IO.Compression.FileSystem
    if (Test-Path -LiteralPath $Output) { Remove-Item -LiteralPath $Output }
    [IO.Compression.ZipFile]::CreateFromDirectory($work, $Output)

    Write-Output "$Output holds:"
    Get-ChildItem -LiteralPath $into | Sort-Object Name | ForEach-Object { '  {0,9}  {1}' -f $_.Length, $_.Name }
    foreach ($what in $leftOut) { "  not collected: $what" }
    Write-Output 'Look through it before you send it: names, addresses and user names are in it.'
    Write-Output 'Then: causeway doctor read causeway-bundle.zip'
} finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
}
