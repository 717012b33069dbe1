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

# Duas chaves pré-compartilhadas lado a lado. Nenhum caractere delas é mostrado.
compare-key = { $file }: { $characters } caracteres, { $octets } octetos com a quebra de linha no fim, se houver; { $encoding }
compare-encoding-ascii = ASCII
compare-encoding-utf8 = UTF-8
compare-encoding-utf8-mark = UTF-8 com marca de ordem de bytes
compare-encoding-utf16 = UTF-16
compare-encoding-other = uma página de código, não UTF-8
compare-same = As chaves são iguais, octeto por octeto.
compare-alike = As chaves são iguais, exceto nisto:
compare-different = As chaves são diferentes.
compare-encoding = a codificação: os mesmos caracteres estão nos arquivos como octetos diferentes
compare-line-break = { $file } termina com uma quebra de linha que o outro não tem: a maioria dos programas a ignora, alguns a tomam como parte da chave
compare-blanks = há espaços antes ou depois da chave em { $file }: eles contam
compare-quoted = há aspas em volta da chave em { $file }: onde nada as remove, elas contam
compare-invisible = { $file } contém caracteres que ninguém vê, como os que vêm ao copiar de páginas e mensagens
compare-typographic = em { $file } há aspas, travessões ou espaços tipográficos no lugar dos do teclado; caractere { $positions }
compare-width = em { $file } há caracteres de largura inteira no lugar de ASCII; caractere { $positions }
compare-case = maiúsculas contra minúsculas; caractere { $positions }. As chaves diferenciam maiúsculas de minúsculas
compare-look-alike = caracteres parecidos (0 e O, 1, l e I, letras de outros alfabetos); caractere { $positions }
compare-cut = { $file } é o começo da outra chave: termina depois do caractere { $at }
compare-beheaded = { $file } é o fim da outra chave: faltam { $count } caracteres no começo
compare-missing = em { $file } faltam { $count } dos caracteres da outra chave, no caractere { $at }
compare-swapped = dois vizinhos trocaram de lugar: o caractere { $at } e o seguinte
compare-characters = há outros caracteres em { $positions }; o resto é igual
compare-unlike = os primeiros { $at } caracteres são iguais; o que segue difere demais para dizer como
compare-not-comparable = { $file } é grande demais para uma chave pré-compartilhada

# Duas exportações do registro.
compare-two-kinds = um é uma exportação do registro e o outro não: dê duas exportações, ou dois arquivos com uma chave cada
compare-registry-same = Nada mudou entre as duas exportações.
compare-registry-unknown = Isto mudou entre as duas exportações; nada disso é conhecido aqui como causa de falhas:
compare-registry-different = Isto mudou entre as duas exportações, primeiro o que se sabe que importa:
compare-speaks = → agora indica: { $cause } [{ $id }]
compare-spoke = → não indica mais: { $cause } [{ $id }]
compare-absent = não definido
compare-octets = octetos
compare-left-out = Mais { $count } mudanças não são mostradas.
