### O que os comandos do doctor dizem além dos relatórios: erros no que foi pedido, e o que esta máquina não permite.

error-page-is-evidence = { $file } é evidência; indique outro arquivo para --html
error-cannot-read = não é possível ler { $file }: { $error }
error-cannot-write = não é possível gravar { $file }: { $error }
error-no-keys = não há nenhuma chave nos arquivos indicados em --keys
error-too-many-files = { $count } arquivos são demais; indique os da falha
error-two-outputs = --html - e --json querem ambos a saída padrão; dê um ARQUIVO à página
error-cannot-ask = não é possível perguntar: { $error }
error-signals = não é possível receber sinais: { $error }
error-names = não é possível resolver nomes: { $error }
error-interrupted = interrompido
error-route = não é possível consultar a rota até { $server }: { $error }
error-wait = não é possível esperar por sockets: { $error }
error-socket = não é possível abrir um socket UDP em { $address }: { $error }
error-no-key-for-user = falta a chave pré-compartilhada para --user: informe-a em CAUSEWAY_PSK, com --psk-file FILE, ou como credencial “psk” do systemd
error-secret-exposed = { $file } pode ser lido por outros (modo { $mode }): chmod 600 { $file }
error-secret-empty = o segredo { $name } está vazio
error-session-alive = esta sessão não falhou; “causeway session show” mostra os dados dela
error-session-unknown = não há sessão com falha com esse nome; “causeway session failed” lista todas

progress-reading = { $file }: { $percent }%
progress-read = { $file }: lido
standard-input = entrada padrão
keys-trouble = chaves: { $trouble }

# O que o sistema operacional diz de arquivos e sockets.
io-not-found = não existe esse arquivo ou diretório
io-permission = permissão negada
io-directory = é um diretório
io-in-use = o endereço está em uso
io-no-file-inside = não há nenhum arquivo nele
resolver-unknown = os servidores DNS não conhecem esse nome
resolver-no-answer = os servidores DNS não respondem

# O que os clientes costumam errar em uma chave pré-compartilhada.
probe-warning-key-ascii = A chave pré-compartilhada tem caracteres fora do ASCII: os clientes os codificam de formas diferentes, e as chaves não vão coincidir.
probe-warning-key-quotes = A chave pré-compartilhada tem aspas, barra invertida, espaço ou #: alguns clientes a cortam ou alteram ali.

# Por que algo atrás do servidor não foi alcançado.
inner-reset = conexão recusada
inner-broken = conexão redefinida
inner-no-such-name = esse nome não existe
inner-no-address = o nome não tem endereço IPv4
inner-name-server = o servidor DNS responde RCODE { $code }
inner-silence = sem resposta por { $seconds } s
inner-no-name-server = o túnel veio sem servidores DNS
inner-no-tunnel = não há túnel no momento
